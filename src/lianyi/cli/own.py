"""What an installation has of its own instead of what ships: rule profiles and knowledge."""

from lianyi.kernel import profile
from lianyi.kernel.config import BadSetting, Config
from lianyi.terminology import service as terminology

RULES, KNOWLEDGE = "profile.toml", "knowledge"


def adopt(config: Config) -> None:
    """Go by them from now on, in this process.

    :raises BadSetting: for files that can't be gone by.
    """
    home = config.home
    for path, take in ((home / RULES, profile.adopt), (home / KNOWLEDGE, terminology.adopt)):
        try:
            take(path)
        except (OSError, KeyError, TypeError, ValueError) as trouble:
            raise BadSetting(source=str(path), trouble=repr(trouble)) from trouble
