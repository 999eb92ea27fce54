using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CoKe.ConstrainedKMeans;

/// <summary>Which instructions score. All give the same bits.</summary>
enum ScoringPath
{
    Scalar,
    Vector256,
    Vector512,
}

static class ScoringPaths
{
    /// <summary>The widest path that this processor runs fast.</summary>
    public static ScoringPath Best { get; } =
        Vector512.IsHardwareAccelerated ? ScoringPath.Vector512
        : Vector256.IsHardwareAccelerated && Fma.IsSupported ? ScoringPath.Vector256
        : ScoringPath.Scalar;
}
