using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace CoKe.Grains.Durability;

/// <summary>What every row of the store holds: bytes, whose they are, and a checksum over both.</summary>
[GenerateSerializer]
[Alias("coke.row")]
sealed class SealedRow
{
    /// <summary>The incarnation that wrote the row.</summary>
    [Id(0)]
    public int Incarnation { get; set; }

    /// <summary>The step it was written for.</summary>
    [Id(1)]
    public long Step { get; set; }

    [Id(2)]
    public ulong Checksum { get; set; }

    [Id(3)]
    public byte[] Payload { get; set; } = [];

    /// <summary>Seals bytes for one place; moved to another place, or to another stamp, the seal is broken.</summary>
    public static SealedRow Of(string place, int incarnation, long step, byte[] payload) =>
        new()
        {
            Incarnation = incarnation,
            Step = step,
            Payload = payload,
            Checksum = Sum(place, incarnation, step, payload),
        };

    public bool IsSound(string place) => Payload is not null && Checksum == Sum(place, Incarnation, Step, Payload);

    static ulong Sum(string place, int incarnation, long step, byte[] payload)
    {
        var hash = new XxHash3(incarnation);
        hash.Append(MemoryMarshal.AsBytes(place.AsSpan()));
        hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in step)));
        hash.Append(payload);
        return hash.GetCurrentHashAsUInt64();
    }
}
