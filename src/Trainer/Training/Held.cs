using TorchSharp;

namespace CoKe.Trainer.Training;

/// <summary>
/// Numbers that libtorch gets as scalars. TorchSharp converts a plain number to a temporary <see cref="Scalar"/> and leaves that to the finalizer, which may free it
/// while libtorch still reads it: a crash, or silently another number, once in some ten thousand steps. So code that runs in every step passes scalars that something
/// holds, also where TorchSharp would fill in a factor of 1 by itself (additions of tensors).
/// </summary>
static class Held
{
    public static readonly Scalar Zero = 0f;

    public static readonly Scalar One = 1f;

    public static readonly Scalar MinusOne = -1f;
}
