using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// Replaces values by their sums over all trainers of one model, in place, with the same bits in every trainer. All trainers call it in the
/// same order with the same shapes. An exception from it ends the step before anything has moved but the running statistics.
/// </summary>
/// <param name="values">Of one type, float32 or float64; not always contiguous (weights may lie channels last).</param>
delegate void SumOverTrainers(IReadOnlyList<Tensor> values);
