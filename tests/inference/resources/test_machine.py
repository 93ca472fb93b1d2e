"""Cores and memory that this process may use; control groups v1 and v2 are read."""

import os
from pathlib import Path

import pytest

from twelvelead.inference.resources.machine import Machine, read_machine

CORES, PHYSICAL = 8, 16_000_000_000
V2 = "0::/app.slice/ours\n"
V1 = "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of CORES and PHYSICAL bytes, without control groups."""
    sizes = {"SC_PHYS_PAGES": PHYSICAL // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(CORES)), raising=False)
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    return tmp_path


def put(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="ascii")


def test_it_works() -> None:
    found = read_machine()
    assert 1 <= found.cores <= (os.cpu_count() or 1)
    assert 0 < found.memory <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_without_control_groups_all_may_be_used(root: Path) -> None:
    assert read_machine(root) == Machine(CORES, PHYSICAL)


def test_the_limits_of_v2_count(root: Path) -> None:
    put(root, "proc/self/cgroup", V2)
    put(root, "sys/fs/cgroup/app.slice/ours/memory.max", "2000000000\n")
    put(root, "sys/fs/cgroup/app.slice/ours/cpu.max", "300000 100000\n")
    assert read_machine(root) == Machine(3, 2_000_000_000)


def test_the_limits_of_a_group_above_count(root: Path) -> None:
    put(root, "proc/self/cgroup", V2)
    put(root, "sys/fs/cgroup/app.slice/ours/memory.max", "2000000000\n")
    put(root, "sys/fs/cgroup/app.slice/memory.max", "1000000000\n")
    put(root, "sys/fs/cgroup/cpu.max", "200000 100000\n")
    assert read_machine(root) == Machine(2, 1_000_000_000)


def test_v2_without_limits_says_max(root: Path) -> None:
    put(root, "proc/self/cgroup", V2)
    put(root, "sys/fs/cgroup/app.slice/ours/memory.max", "max\n")
    put(root, "sys/fs/cgroup/app.slice/ours/cpu.max", "max 100000\n")
    assert read_machine(root) == Machine(CORES, PHYSICAL)


def test_the_limits_of_v1_count(root: Path) -> None:
    put(root, "proc/self/cgroup", V1)
    put(root, "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "3000000000\n")
    put(root, "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "250000\n")
    put(root, "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n")
    assert read_machine(root) == Machine(2, 3_000_000_000)


def test_v1_without_limits_says_minus_one_and_a_huge_number(root: Path) -> None:
    put(root, "proc/self/cgroup", V1)
    put(root, "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n")
    put(root, "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "-1\n")
    put(root, "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n")
    assert read_machine(root) == Machine(CORES, PHYSICAL)


@pytest.mark.parametrize("inside", [V1, V2])
def test_in_a_container_the_groups_begin_at_its_own(root: Path, inside: str) -> None:
    put(root, "proc/self/cgroup", inside)
    name = "memory/memory.limit_in_bytes" if inside == V1 else "memory.max"
    put(root, f"sys/fs/cgroup/{name}", "512000000\n")
    assert read_machine(root).memory == 512_000_000


def test_a_part_of_a_core_is_one(root: Path) -> None:
    put(root, "proc/self/cgroup", V2)
    put(root, "sys/fs/cgroup/cpu.max", "50000 100000\n")
    assert read_machine(root).cores == 1


def test_a_path_out_of_the_groups_is_not_followed(root: Path) -> None:
    put(root, "proc/self/cgroup", "0::/../../../elsewhere\n")
    put(root, "elsewhere/memory.max", "1\n")
    assert read_machine(root) == Machine(CORES, PHYSICAL)


def test_a_group_that_says_something_else_limits_nothing(root: Path) -> None:
    put(root, "proc/self/cgroup", V2)
    put(root, "sys/fs/cgroup/memory.max", "plenty\n")
    put(root, "sys/fs/cgroup/cpu.max", "\n")
    assert read_machine(root) == Machine(CORES, PHYSICAL)
