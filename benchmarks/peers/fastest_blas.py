"""The peer at its best: restarts a script with the OpenBLAS kernels that are fastest here, and with the C library's memory held.

Debian's OpenBLAS 0.3.21 takes a processor that it does not know for one of 2004, and is five times too slow then. And glibc gives large
temporaries back and faults them in again, which slows PyTorch tenfold at K >= 5000. Neither is the peer's speed.
"""
import os, subprocess, sys

CORES = (None, "SkylakeX", "Haswell")  # None: what OpenBLAS takes the processor for
MEMORY = {"MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_TOP_PAD_": "1000000000", "MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_MMAP_MAX_": "0"}
CHOSEN = "COKE_PEER_BLAS"
PRODUCT = """
import numpy as np, time
a, b, times = np.ones((1024, 128), "f4"), np.ones((128, 3000), "f4"), []
for _ in range(30):
    start = time.perf_counter(); a @ b; times.append(time.perf_counter() - start)
print(sorted(times)[10])
"""


def environment(threads):
    """Variables for so many threads, the fastest kernels among them; what the caller's environment says of OpenBLAS does not count."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    plain |= MEMORY | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}

    def with_core(core):
        return plain | ({"OPENBLAS_CORETYPE": core} if core else {})

    def seconds(core):
        try:
            run = subprocess.run([sys.executable, "-c", PRODUCT], env=with_core(core), capture_output=True, text=True, check=True)
            return float(run.stdout)
        except (subprocess.CalledProcessError, ValueError):
            return float("inf")  # this processor cannot run that kernel

    core = min(CORES, key=seconds)
    return with_core(core) | {CHOSEN: core or "its own choice"}


def restart(threads):
    """Starts the running script again in that environment, unless it runs in it already; call before NumPy is imported."""
    if CHOSEN not in os.environ:
        os.execve(sys.executable, [sys.executable] + sys.argv, environment(threads))
    return os.environ[CHOSEN]
