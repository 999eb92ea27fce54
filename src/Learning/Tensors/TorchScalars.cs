using TorchSharp;

namespace CoKe.Learning.Tensors;

/// <summary>
/// Numbers that libtorch gets as scalars. TorchSharp converts a plain number to a temporary <see cref="Scalar"/> and leaves that to the
/// finalizer, which may free it while libtorch still reads it: a crash, or silently another number, once in some ten thousand steps. So all
/// code here passes scalars that something holds, also where TorchSharp would fill in a factor of 1 by itself (every addition).
/// BannedSymbols.txt refuses the rest.
/// </summary>
public static class TorchScalars
{
    /// <summary>0.</summary>
    public static readonly Scalar Zero = Of(0f);

    /// <summary>1.</summary>
    public static readonly Scalar One = Of(1f);

    /// <summary>-1.</summary>
    public static readonly Scalar MinusOne = Of(-1f);

#pragma warning disable RS0030 // the one place for it
    /// <summary>A scalar that the caller keeps in a field, or in a variable that a using disposes of after the last call with it.</summary>
    public static Scalar Of(float value) => value;

    /// <inheritdoc cref="Of(float)"/>
    public static Scalar Of(double value) => value;
#pragma warning restore RS0030
}
