using static TorchSharp.torch;

namespace CoKe.Learning.Tensors;

/// <summary>
/// Replaces values by their sums over all trainers of one model, in place, with the same bits in every trainer. All trainers call it in the
/// same order with the same shapes. An exception from it ends the step before anything has moved but the running statistics.
/// </summary>
/// <param name="values">Of one type, float32 or float64; not always contiguous (weights may lie channels last).</param>
public delegate void SumOverTrainers(IReadOnlyList<Tensor> values);

/// <summary>The sum over a trainer without others.</summary>
public static class SumOfOne
{
    /// <summary>Leaves every value as it is.</summary>
    public static SumOverTrainers Sum { get; } = static _ => { };

    /// <summary>Whether there is nothing to sum over: then PyTorch's own batch normalization and backward do.</summary>
    public static bool IsOfOne(this SumOverTrainers sum) => ReferenceEquals(sum, Sum);
}
