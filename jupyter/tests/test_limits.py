"""Which limit is the tightest, read from recorded trees of /proc and /sys."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gorgon.limits import ADDRESS_SPACE, MemoryLimit, MemoryLimits, cpu_limits, judge, nearest

GIB = 1 << 30

MEMINFO = "MemTotal:       16777216 kB\nMemFree:         1000000 kB\n"

V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

V1 = (
    "31 30 0:27 {root} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "32 30 0:28 {root} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
)

NO_LIMIT_V1 = "9223372036854771712\n"


def tree(folder: Path, files: dict[str, str]) -> str:
    for path, text in {"proc/meminfo": MEMINFO, **files}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return str(folder)


def memory(root: str, limit_bytes: int | None = None, **environ: str) -> list[tuple[float, str]]:
    found = MemoryLimits(root, environ).read(limit_bytes)
    return [(limit.bytes / GIB, limit.source) for limit in found if not limit.of_addresses]


def test_without_control_groups_the_machine_is_the_limit(tmp_path: Path) -> None:
    assert memory(tree(tmp_path, {})) == [(16, "the machine's memory")]


def test_version_2_is_read_up_the_tree(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/user.slice/user-1000.slice/app.scope\n",
            "proc/self/mountinfo": V2,
            "sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.max": "max\n",
            "sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.high": "max\n",
            "sys/fs/cgroup/user.slice/user-1000.slice/memory.max": f"{4 * GIB}\n",
            "sys/fs/cgroup/user.slice/user-1000.slice/memory.high": f"{3 * GIB}\n",
            "sys/fs/cgroup/user.slice/memory.max": f"{64 * GIB}\n",
        },
    )
    assert memory(root) == [
        (3, "cgroup /user.slice/user-1000.slice (memory.high)"),
        (4, "cgroup /user.slice/user-1000.slice"),
        (16, "the machine's memory"),
    ]


def test_a_container_of_version_2_sees_its_own_limit(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "proc/self/mountinfo": V2,
            "sys/fs/cgroup/memory.max": f"{2 * GIB}\n",
        },
    )
    assert memory(root)[0] == (2, "cgroup /")


def test_version_1_is_read_up_the_tree_and_above_what_is_seen(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n",
            "proc/self/mountinfo": V1.format(root="/docker/abc"),
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{8 * GIB}\n",
            "sys/fs/cgroup/memory/memory.stat": f"cache 1\nhierarchical_memory_limit {5 * GIB}\n",
        },
    )
    assert memory(root) == [
        (5, "a cgroup above /docker/abc"),
        (8, "cgroup /docker/abc"),
        (16, "the machine's memory"),
    ]


def test_version_1_without_a_limit_has_none(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/a/b\n",
            "proc/self/mountinfo": V1.format(root="/"),
            "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": NO_LIMIT_V1,
            "sys/fs/cgroup/memory/a/memory.limit_in_bytes": f"{7 * GIB}\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": NO_LIMIT_V1,
        },
    )
    assert memory(root) == [(7, "cgroup /a"), (16, "the machine's memory")]


def test_a_hybrid_system_has_memory_in_version_1(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/one\n0::/two\n",
            "proc/self/mountinfo": V1.format(root="/") + V2.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified"),
            "sys/fs/cgroup/memory/one/memory.limit_in_bytes": f"{1 * GIB}\n",
            "sys/fs/cgroup/unified/two/memory.max": f"{2 * GIB}\n",
        },
    )
    assert memory(root)[0] == (1, "cgroup /one")


def test_a_path_of_another_namespace_falls_back_to_what_is_mounted(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/../../other\n",
            "proc/self/mountinfo": V2,
            "sys/fs/cgroup/memory.max": f"{2 * GIB}\n",
        },
    )
    assert memory(root)[0][0] == 2


def test_a_name_with_blanks_and_colons_is_a_name(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/a:b c\n",
            "proc/self/mountinfo": V2.replace("/sys/fs/cgroup", "/sys/fs/my\\040groups"),
            "sys/fs/my groups/a:b c/memory.max": f"{1 * GIB}\n",
        },
    )
    assert memory(root)[0] == (1, "cgroup /a:b c")


@pytest.mark.parametrize(("text", "gib"), [("1073741824", 1), ("2G", 2), ("512M", 0.5), ("1.5 GiB", 1.5)])
def test_the_hub_says_its_limit_in_the_environment(tmp_path: Path, text: str, gib: float) -> None:
    assert memory(tree(tmp_path, {}), MEM_LIMIT=text)[0] == (gib, "MEM_LIMIT")


@pytest.mark.parametrize("text", ["", "0", "-1", "lots", "1e9e9", "None"])
def test_what_is_no_size_in_the_environment_is_no_limit(tmp_path: Path, text: str) -> None:
    assert memory(tree(tmp_path, {}), MEM_LIMIT=text) == [(16, "the machine's memory")]


def test_the_users_own_limit_counts_even_above_the_machine(tmp_path: Path) -> None:
    root = tree(tmp_path, {})
    assert memory(root, 3 * GIB) == [(3, "%gorgon limit"), (16, "the machine's memory")]
    assert memory(root, 32 * GIB)[-1] == (32, "%gorgon limit")


def test_what_cannot_be_read_is_no_limit(tmp_path: Path) -> None:
    root = tree(tmp_path, {"proc/self/cgroup": "nonsense\n\x00:::", "proc/self/mountinfo": "- - -\n"})
    assert memory(root) == [(16, "the machine's memory")]


def test_cpus_are_limited_by_the_group_and_by_the_hub(tmp_path: Path) -> None:
    v2 = tree(
        tmp_path / "v2",
        {
            "proc/self/cgroup": "0::/k.slice/pod\n",
            "proc/self/mountinfo": V2,
            "sys/fs/cgroup/k.slice/pod/cpu.max": "50000 100000\n",
            "sys/fs/cgroup/k.slice/cpu.max": "max 100000\n",
        },
    )
    assert (cpu_limits(v2, {})[0].cpus, cpu_limits(v2, {})[0].source) == (0.5, "cgroup /k.slice/pod")
    assert cpu_limits(v2, {"CPU_LIMIT": "0.25"})[0].source == "CPU_LIMIT"
    v1 = tree(
        tmp_path / "v1",
        {
            "proc/self/cgroup": "3:cpu,cpuacct:/pod\n",
            "proc/self/mountinfo": V1.format(root="/"),
            "sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us": "25000\n",
            "sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        },
    )
    assert (cpu_limits(v1, {})[0].cpus, cpu_limits(v1, {})[0].source) == (0.25, "cgroup /pod")


@pytest.mark.parametrize("text", ["", "inf", "nan", "-2", "many"])
def test_without_a_limit_of_cpu_the_machine_has_the_say(tmp_path: Path, text: str) -> None:
    last = cpu_limits(tree(tmp_path, {}), {"CPU_LIMIT": text})[-1]
    assert (last.cpus, last.source) == (os.cpu_count(), "the machine's CPUs")


def test_the_nearest_limit_is_the_one_that_is_used_most() -> None:
    limits = [MemoryLimit(4 * GIB, "MEM_LIMIT"), MemoryLimit(8 * GIB, ADDRESS_SPACE)]
    resident = nearest(limits, 3 * GIB, 4 * GIB)
    assert resident is not None
    assert (resident.source, resident.share) == ("MEM_LIMIT", 0.75)
    addresses = nearest(limits, 1 * GIB, 7 * GIB)
    assert addresses is not None
    assert (addresses.source, addresses.share) == (ADDRESS_SPACE, 7 / 8)
    assert nearest(limits, None, None) is None
    assert nearest([], 1, 1) is None


def test_the_level_is_by_the_share() -> None:
    assert [judge(share, 0.8, 0.95) for share in (0, 0.79, 0.8, 0.94, 0.95, 3)] == [
        "OK", "OK", "WARN", "WARN", "CRIT", "CRIT",
    ]  # fmt: skip
    assert judge(None, 0.8, 0.95) == "UNKNOWN"
