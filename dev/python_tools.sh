#!/bin/sh
# Puts uv into .tools with any Python that is here, then Python 3.13 into .venv and the like: uv takes
# one that it finds on this machine, and fetches one where there is none.
#
#   dev/python_tools.sh uv VERSION        installs uv
#   dev/python_tools.sh venv FOLDER       makes an environment of Python 3.13 in FOLDER
#
# PYTHON names the interpreter to use for both; set by `make PYTHON=/path/to/python3.13`.
set -eu

usable() {
    # Debian splits venv off: what cannot make an environment is of no use here.
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1
}

is_3_13() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1
}

install_uv() {
    for python in ${PYTHON:+"$PYTHON"} python3.13 python3 python; do
        if usable "$python"; then
            "$python" -m venv .tools
            .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$1"
            return
        fi
    done
    echo 'Set-up needs Python 3.9 or later with pip and venv: install python3 and python3-venv,' \
        'or name one with make PYTHON=/path/to/python3.' >&2
    exit 1
}

make_environment() {
    wanted=3.13
    if [ -n "${PYTHON:-}" ] && is_3_13 "$PYTHON"; then wanted=$PYTHON; fi
    .tools/bin/uv venv --quiet --clear --python "$wanted" "$1" && return
    echo 'Python 3.13 is neither on this machine nor could it be fetched: install it,' \
        'or name it with make PYTHON=/path/to/python3.13.' >&2
    exit 1
}

case ${1:-} in
    uv) install_uv "$2" ;;
    venv) make_environment "$2" ;;
    *)
        echo "usage: $0 uv VERSION | venv FOLDER" >&2
        exit 64
        ;;
esac
