using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace CoKe.Streams;

/// <summary>
/// Highest random weight hashing: every key has its own order of the silos, which a silo that comes or goes does not change for the others.
/// It breaks ties, so that what is small does not all begin at one silo.
/// </summary>
public static class Rendezvous
{
    /// <summary>The silos in the order of a key.</summary>
    /// <param name="key">Of what is placed.</param>
    /// <param name="silos">Names of silos.</param>
    public static string[] Order(string key, IEnumerable<string> silos) =>
        [.. silos.OrderByDescending(silo => Weight(key, silo)).ThenBy(silo => silo, StringComparer.Ordinal)];

    /// <summary>What the order of a key goes by.</summary>
    internal static ulong Weight(string key, string silo) => XxHash64.HashToUInt64(MemoryMarshal.AsBytes($"{key}@{silo}".AsSpan()));
}
