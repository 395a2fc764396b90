#!/bin/sh
# Refuses what may not stand in the repository: paths of one machine, and addresses of package registries.
set -eu

if git grep -nIE '((^|[^[:alnum:]_])/(home|root|Users)[/]|index[-]url|find[-]links|https?://[^ ]+/(simple|packages)[/])' -- .; then
    echo "Paths of a machine, or addresses of a registry, stand in the files above: remove them." >&2
    exit 1
fi
