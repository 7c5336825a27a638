"""The files of deploy/ as the programs read them that they are for, where these are installed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
NGINX = (DEPLOY / "nginx.conf").read_text()
# Blocks that a file read within `http` may open, and what a block is opened by.
BLOCKS = {"map", "upstream", "server", "location"}
TOKEN = re.compile(r"\s+|#[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[{};]|(?:\\.|[^\s{};\"'])+")


def faults_of(text: str) -> list[str]:
    """Return what nginx would not read: a block that is no block, a line without its end."""
    found, open_blocks, words = [], [], []
    end = 0
    for token in TOKEN.finditer(text):
        end = token.end()
        part = token[0]
        if part.isspace() or part.startswith("#"):
            continue
        if part == ";":
            if not words:
                found.append("an end of nothing")
            words = []
        elif part == "{":
            open_blocks.append(words[0] if words else "")
            if open_blocks[-1] not in BLOCKS:
                found.append(f"no such block: {' '.join(words)}")
            words = []
        elif part == "}":
            if words or not open_blocks:
                found.append(f"before a closing brace: {' '.join(words)}")
            words = []
            open_blocks[-1:] = []
        else:
            words.append(part)
    if end != len(text) or open_blocks or words:
        found.append("the file ends in the middle")
    return found


def test_nginx_reads_its_file(tmp_path: Path):
    assert faults_of(NGINX) == []
    if not shutil.which("nginx"):
        return
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=example.org", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    text = NGINX.replace("/etc/nginx/certificates", str(tmp_path)).replace("web:", "127.0.0.1:")
    text = text.replace("/var/log/nginx", str(tmp_path)).replace("/var/cache/nginx", str(tmp_path))
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid; events {{}} http {{ {text} }}")
    said = subprocess.run(["nginx", "-t", "-c", whole], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize(
    "text", ["server { listen 80 }", "server { listen 80;", "servr { }", "listen 80", "a;;", "}"]
)
def test_the_reader_of_nginx_files_bites(text: str):
    assert faults_of(text)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_reads_its_units(tmp_path: Path):
    """Not that the program is there: on this machine the site is elsewhere."""
    units = [*DEPLOY.glob("systemd/*")]
    for unit in units:
        text = unit.read_text().replace("/srv/carebridge/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / u.name) for u in units)]
    said = subprocess.run(command, capture_output=True, text=True).stderr
    ours = [line for line in said.splitlines() if "carebridge" in line]
    assert ours == []
    broken = tmp_path / "carebridge.service"
    broken.write_text(broken.read_text().replace("[Service]", "[Service]\nNoNewPriviledges=true"))
    said = subprocess.run([*command[:3], str(broken)], capture_output=True, text=True).stderr
    assert "NoNewPriviledges" in said


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", None),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1:"),
        ("2001:db8:0:1::5", "2001:db8:0:1:"),
        ("2001:db8::5", "2001:db8:"),
        ("2001:db8:1::5", "2001:db8:1:"),
    ],
)
def test_nginx_counts_by_the_networks_of_the_site(address: str, network: str | None):
    block = re.search(r"map \$remote_addr \$network \{(.*?)\n\}", NGINX, re.S)[1]
    rules = re.findall(r'"~(\S+)" \$(\w+);', block)
    assert len(rules) == 2
    found = (
        match[name]
        for pattern, name in rules
        if (match := re.search(pattern.replace("(?<", "(?P<"), address))
    )
    assert next(found, None) == network
