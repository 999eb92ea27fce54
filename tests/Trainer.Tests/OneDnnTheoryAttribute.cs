using CoKe.Learning.Tensors;

namespace CoKe.Trainer.Tests;

/// <summary>
/// A theory whose bounds, or whose peer's numbers, were found with oneDNN. Where libtorch goes without convolutions add
/// in another order, and deep nets of few values blow up what that rounds otherwise, above all in bfloat16.
/// </summary>
public sealed class OneDnnTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips by name where it cannot hold.</summary>
    public OneDnnTheoryAttribute()
    {
        if (!Libtorch.UsesOneDnn)
            Skip =
                "libtorch convolves without oneDNN on this processor, which hides its caches; the bounds are those of oneDNN's rounding.";
    }
}
