#!/bin/sh
# What is known of the dependencies: vulnerabilities, licences, and a bill of materials.
# usage: sh tools/audit.sh VENV TOOLS     the environments of the project and of the audit tools.
set -eu
python=$1/bin/python
tools=$2/bin
accepted=tools/audit_accepted.txt
failed=
fail() {
    echo "audit: error: $1" >&2
    failed=yes
}
mkdir -p build

ids=$(awk 'NF && !/^#/ { if (NF < 3) exit 1; print "--ignore-vuln", $1 }' $accepted) ||
    fail "$accepted: a line needs an id, a package and a reason"
# Strict, because packages that the service has no answer for would pass as clean.
rm -f build/vulnerabilities.txt
# shellcheck disable=SC2086  # the ids are words of their own
if "$tools/pip-audit" --strict --progress-spinner off --disable-pip --require-hashes \
    --requirement requirements.lock $ids --output build/vulnerabilities.txt 2>build/audit.log; then
    echo "audit: vulnerabilities: $(tail -n 1 build/audit.log)"
elif [ -s build/vulnerabilities.txt ]; then
    cat build/vulnerabilities.txt
    fail "known vulnerabilities, listed above; pin a fixed version in requirements.lock, or give the reason against it in $accepted"
else
    fail "the vulnerability service did not answer for every package, so nothing is known ($(tail -n 1 build/audit.log)); try again where the network lets it through"
fi

{
    echo "# Licences of the packages in requirements.lock"
    echo
    echo "As the packages declare them. Made by \`make audit\` from what is installed on Linux."
    echo
    # shellcheck disable=SC2046  # the names are words of their own
    "$tools/pip-licenses" --python "$python" --with-system --format markdown \
        --packages $(sed -n 's/==.*//p' requirements.lock)
} >build/licences.md
if diff -u docs/licences.md build/licences.md; then
    echo "audit: licences: docs/licences.md is up to date"
else
    fail "docs/licences.md is not what is installed; read the difference above, then run 'cp build/licences.md docs/licences.md'"
fi

"$tools/cyclonedx-py" environment --pyproject pyproject.toml --output-reproducible --validate \
    --output-file build/sbom.json "$python"
echo "audit: bill of materials: build/sbom.json"

[ -z "$failed" ]
