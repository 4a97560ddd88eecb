#!/bin/sh
# The page's tests need Chromium and its driver; on Debian and Ubuntu root can have them at once.
command -v chromedriver >/dev/null && { command -v chromium || command -v google-chrome; } >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "setup: installing chromium and chromium-driver"
    apt-get update -qq >/dev/null && apt-get install -y -qq chromium chromium-driver >/dev/null && exit 0
fi
echo "browser: no Chromium with chromedriver here. Install both (Debian: apt-get install chromium chromium-driver)." >&2
exit 1
