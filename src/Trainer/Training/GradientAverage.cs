using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// Replaces the gradients of this trainer by their means over all trainers of one model, in place. A step calls it once, between backward and optimizer, on the thread that
/// trains. An exception from it ends the step before anything has moved but the running statistics.
/// </summary>
/// <param name="gradients">Of every parameter, in an order that is the same in every trainer; float32, not always contiguous (weights may lie channels last).</param>
delegate void GradientAverage(IReadOnlyList<Tensor> gradients);
