namespace CoKe.Files;

/// <summary>What was to be read when a file turned out to be something else; remedies depend on it.</summary>
public enum Wanted
{
    /// <summary>An array of numbers, as numpy.save writes it.</summary>
    Array,

    /// <summary>Weights of an encoder, as safetensors.</summary>
    Weights,

    /// <summary>An image in a format that is read.</summary>
    Image,

    /// <summary>Images or labels of a data set, as IDX files or CIFAR binaries.</summary>
    Data,

    /// <summary>A recipe, which is text.</summary>
    Recipe,
}
