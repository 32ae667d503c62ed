"""Check the packages in `.venv` for vulnerabilities and licences: `make audit`.

pip-audit queries PyPI, or the service in the environment variable
PIP_AUDIT_VULNERABILITY_SERVICE. pip-licenses works offline. Both are installed into a
separate environment.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .commands import SetupError, say
from .environment import Environment

PROJECT = Path(__file__).resolve().parents[2]
OURS = 'setsim-mm'
TOOLS = ('pip-audit>=2.7,<3', 'pip-licenses>=5,<6')
# Licences with conditions on redistribution, and missing licences.
TO_LOOK_AT = re.compile(
    r'GPL|MPL|General Public|Proprietary|^UNKNOWN$|^https?:|non.?commercial',
    re.IGNORECASE,
)
FOUND, NOT_CHECKED = 1, 2


def main() -> int:
    """Audit `.venv`, print the results, and return the exit status."""
    audited = Environment(PROJECT / '.venv')
    try:
        if audited.version is None:
            raise SetupError('there is no .venv yet: run `make env` first')
        tools = prepare_tools(Environment(PROJECT / '.venv-audit'))
        packages = look_up(tools, audited)
        licences = list_licences(tools, audited)
    except SetupError as error:
        print(f'audit: {error}', file=sys.stderr)
        return NOT_CHECKED
    print('\n'.join([*describe_vulnerabilities(packages), *describe(licences)]))
    return exit_status(packages)


def prepare_tools(environment: Environment) -> Environment:
    """Install the two programs if they are missing."""
    wanted = {re.match(r'[\w-]+', tool)[0] for tool in TOOLS}
    if environment.version is None or not wanted <= environment.packages().keys():
        environment.make()
        environment.pip('install', *TOOLS, what='installing pip-audit and pip-licenses')
    return environment


def look_up(tools: Environment, audited: Environment) -> list[dict[str, Any]]:
    """Return the ``vulns`` of each package, or a ``skip_reason``."""
    say('looking up known vulnerabilities')
    options = ('--path', audited.site_packages, '--format', 'json')
    found = _json_of(tools, 'pip_audit', *options, '--progress-spinner', 'off')
    return [
        package
        for package in found['dependencies']
        if package['name'].replace('_', '-') != OURS
    ]


def list_licences(tools: Environment, audited: Environment) -> list[dict[str, str]]:
    """Return ``Name``, ``Version`` and ``License`` of each package."""
    options = ('--python', audited.python, '--from', 'mixed', '--format', 'json')
    return _json_of(tools, 'piplicenses', *options)


def describe_vulnerabilities(packages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each vulnerability, and the number of packages looked up."""
    lines = [
        f'{package["name"]} {package["version"]}: {vulnerability["id"]} '
        f'{" ".join(vulnerability.get("aliases", []))} '
        f'(fixed in {", ".join(vulnerability["fix_versions"]) or "no release"})'
        for package in packages
        for vulnerability in package.get('vulns', [])
    ]
    skipped = [package for package in packages if 'skip_reason' in package]
    lines.append(
        f'{len(packages) - len(skipped)} of {len(packages)} packages looked up, '
        f'{len(lines)} known vulnerabilities'
    )
    if skipped:
        names = ', '.join(package['name'] for package in skipped)
        lines.append(f'NOT looked up ({skipped[0]["skip_reason"]}): {names}')
    return lines


def describe(licences: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the number of packages per licence, and the packages to look at."""
    counts = Counter(package['License'] for package in licences).most_common()
    lines = ['licences: ' + ', '.join(f'{name} {count}' for name, count in counts)]
    lines += [
        f'look at: {package["Name"]} {package["Version"]}: {package["License"]}'
        for package in licences
        if TO_LOOK_AT.search(package['License'])
    ]
    return lines


def exit_status(packages: Sequence[Mapping[str, Any]]) -> int:
    """Return 1 if a package is vulnerable, 2 if one was not looked up, else 0."""
    if any(package.get('vulns') for package in packages):
        return FOUND
    if any('skip_reason' in package for package in packages):
        return NOT_CHECKED
    return 0


def _json_of(tools: Environment, module: str, *arguments: Any) -> Any:
    done = subprocess.run(
        [tools.python, '-m', module, *arguments], capture_output=True, text=True
    )
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        lines = done.stderr.strip().splitlines() or ['it printed no error']
        raise SetupError(f'{module} failed: {lines[-1]}') from error


if __name__ == '__main__':
    sys.exit(main())
