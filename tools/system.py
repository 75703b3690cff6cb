"""See to the system packages that pip and npm can't bring: for printing, and for browser tests.

python3 tools/system.py print [browser]: as root on Debian or Ubuntu it installs what is missing,
elsewhere it says what to install. Without them printing says that it can't; all else works.
"""

import os
import shutil
import subprocess
import sys

PACKAGES = {
    "print": ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-noto-cjk"),
    "browser": ("chromium-headless-shell", "fonts-noto-cjk"),
}
# What does as well, more slowly, where a system has not got the other.
STAND_IN = {"chromium-headless-shell": "chromium"}


def is_installed(package: str) -> bool:
    ask = ["dpkg-query", "-W", "-f", "${Status}", package]
    answer = subprocess.run(ask, capture_output=True, text=True, check=False)
    return answer.stdout.endswith(" installed")


def install(packages: list[str]) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *words], env=quiet, stdout=sys.stderr, check=False)
        if done.returncode:
            return False
    return True


def main(purposes: list[str]) -> None:
    wanted = sorted({package for purpose in purposes for package in PACKAGES[purpose]})
    if not shutil.which("dpkg-query"):
        print("请确认已安装 Make sure these are installed:", *wanted)
        return
    missing = [package for package in wanted if not is_installed(package)]
    if missing and os.getuid() == 0:
        if install(missing):
            return
        missing = [STAND_IN.get(package, package) for package in missing]
    missing = [one for one in missing if not is_installed(STAND_IN.get(one, one))]
    if missing and not (os.getuid() == 0 and install(missing)):
        print("请安装 Please run: sudo apt-get install", *missing)


if __name__ == "__main__":
    main(sys.argv[1:])
