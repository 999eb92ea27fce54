using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace CoKe.Grains.Placement;

/// <summary>
/// Highest random weight hashing: every key has its own order of the silos, which a silo that comes or goes does not change for the others.
/// It places what stands alone (a sequencer, a head's first part), and breaks ties so that many small runs do not all begin at one silo.
/// </summary>
static class Rendezvous
{
    /// <summary>The silos in the order of a key; the first is its home.</summary>
    public static string[] Order(string key, IEnumerable<string> silos) =>
        [.. silos.OrderByDescending(silo => Weight(key, silo)).ThenBy(silo => silo, StringComparer.Ordinal)];

    static ulong Weight(string key, string silo) => XxHash64.HashToUInt64(MemoryMarshal.AsBytes($"{key}@{silo}".AsSpan()));
}
