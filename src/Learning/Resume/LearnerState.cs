using System.IO.Hashing;
using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;

namespace CoKe.Learning.Resume;

/// <summary>A learner between two steps: what it was before is forgotten, what it will do follows from this.</summary>
/// <param name="Tensors">Parameters, running statistics and velocities of the optimizer.</param>
/// <param name="Order">Of the order of images.</param>
/// <param name="Views">Of the views of images.</param>
public sealed record LearnerState(IReadOnlyList<NamedValues> Tensors, SeededRandomState Order, SeededRandomState Views)
{
    /// <summary>XXH128 of all values, which is equal for equal bits: whether trainers of one model still have the same.</summary>
    public byte[] Digest()
    {
        var hash = new XxHash128();
        foreach (var tensor in Tensors)
            hash.Append(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
        return hash.GetCurrentHash();
    }
}

/// <summary>A tensor outside of libtorch.</summary>
/// <param name="Name">Where it belongs.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Values">Row after row, whatever its layout in memory.</param>
public sealed record NamedValues(string Name, long[] Shape, float[] Values);
