"""Memory that two processes share and that has no name, so nothing can leak it; knows arrays, no calls, no processes.

A file descriptor without a directory entry (memfd, else an unlinked file) travels to the child when it is spawned. The
kernel frees the memory with the last descriptor, however the processes end; nothing is left in /dev/shm even after a
SIGKILL of all, and a container's small /dev/shm does not bound it.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

ALIGN = 64
"""Bytes; what vector instructions like."""


@dataclass(frozen=True)
class Spec:
    """Where an array lies in the arena."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]
    offset: int


class Arena:
    """One growing block of shared memory, the same file on both sides. It never shrinks: views of it stay valid.

    One side writes while the other waits: the order of the calls is the lock.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._map: mmap.mmap | None = None

    @classmethod
    def create(cls) -> Arena:
        if hasattr(os, "memfd_create"):
            return cls(os.memfd_create("astrolens", os.MFD_CLOEXEC))
        with tempfile.TemporaryFile() as file:
            return cls(os.dup(file.fileno()))

    def write(self, arrays: Mapping[str, np.ndarray], begin: int = 0) -> list[Spec]:
        """Copy arrays (any layout, any dtype but object) in from byte `begin` on.

        Raises:
            TypeError: an array of Python objects.
            MemoryError: the machine has no room.
        """
        specs = []
        for name, array in arrays.items():
            if array.dtype.hasobject:
                raise TypeError(
                    f"the array {name} holds Python objects; only plain numbers travel through shared memory"
                )
            begin = -(-begin // ALIGN) * ALIGN
            specs.append(Spec(name, array.dtype, array.shape, begin))
            begin += array.nbytes
        self._reserve(begin)
        for spec in specs:
            np.copyto(self._view(spec), arrays[spec.name])
        return specs

    def views(self, specs: list[Spec]) -> dict[str, np.ndarray]:
        """The arrays, read-only and not copied: they hold until the next `write` on either side."""
        self._reserve(end_of(specs))
        found = {spec.name: self._view(spec) for spec in specs}
        for view in found.values():
            view.flags.writeable = False
        return found

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            self._map = None  # unmapped with its last view

    def _view(self, spec: Spec) -> np.ndarray:
        assert self._map is not None
        return np.ndarray(spec.shape, spec.dtype, buffer=self._map, offset=spec.offset)

    def _reserve(self, size: int) -> None:
        size = max(size, mmap.PAGESIZE)
        if self._map is not None and len(self._map) >= size:
            return
        have = os.fstat(self.descriptor).st_size
        if have < size:
            try:
                if hasattr(os, "posix_fallocate"):  # fails here, where a sparse file would kill the writer with SIGBUS
                    os.posix_fallocate(self.descriptor, 0, size)
                else:
                    os.ftruncate(self.descriptor, size)
            except OSError as error:
                raise MemoryError(f"no room for {size / 1e6:.0f} MB of shared memory") from error
        self._map = mmap.mmap(self.descriptor, max(have, size))


def end_of(specs: list[Spec]) -> int:
    """The first byte behind the arrays."""
    return max(
        (spec.offset + spec.dtype.itemsize * int(np.prod(spec.shape, dtype=np.int64)) for spec in specs), default=0
    )
