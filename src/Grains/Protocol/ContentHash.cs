using System.IO.Hashing;
using System.Runtime.InteropServices;
using CoKe.Abstractions;

namespace CoKe.Grains.Protocol;

/// <summary>A 64-bit hash of what a message says, apart from its identity: tells a repeated message from a conflicting one.</summary>
static class ContentHash
{
    public static ulong Of(MiniBatch message)
    {
        var hash = new XxHash3(message.Views + (message.EndCount is { } end ? (end + 1) << 16 : 0));
        hash.Append(MemoryMarshal.AsBytes(message.ImageIds.Span));
        hash.Append(MemoryMarshal.AsBytes(message.Embeddings.Span));
        return hash.GetCurrentHashAsUInt64();
    }
}
