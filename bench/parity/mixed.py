"""Numbers that depend on a name and a place alone, which the tests make as well."""

import numpy


def mixed(name, n):
    """Numbers from -1 to 1 that depend on the name and the place alone."""
    seed = numpy.uint32(2166136261)
    with numpy.errstate(over="ignore"):
        for byte in name.encode():
            seed = (seed ^ numpy.uint32(byte)) * numpy.uint32(16777619)
        x = seed ^ (numpy.arange(n, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9))
        x ^= x >> numpy.uint32(16)
        x *= numpy.uint32(0x7FEB352D)
        x ^= x >> numpy.uint32(15)
        x *= numpy.uint32(0x846CA68B)
        x ^= x >> numpy.uint32(16)
    return (x >> numpy.uint32(8)).astype(numpy.float64) / 2.0**23 - 1.0
