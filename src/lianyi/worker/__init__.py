"""What happens after the commit: timers fired, events handed on, errands run."""
