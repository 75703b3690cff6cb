"""The tour: everybody's day played over HTTP, as their browsers would, and checked (走一遍)."""
