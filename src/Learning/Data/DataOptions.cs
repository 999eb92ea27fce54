namespace CoKe.Learning.Data;

/// <summary>Which images are read, and how.</summary>
public sealed record DataOptions
{
    /// <summary>What kind of images it must be.</summary>
    public DataFormat Format { get; init; }

    /// <summary>JPEG files are decoded at a part of their size while the shorter side keeps so many pixels. Null: at full size.</summary>
    public int? ShorterSide { get; init; }

    /// <summary>The part of the files in an image folder that may be unreadable.</summary>
    public double UnreadableLimit { get; init; } = 0.01;

    /// <summary>The most pixels that an image of an image folder may decode to: a small file may declare gigabytes.</summary>
    public int PixelLimit { get; init; } = 1 << 26;

    /// <summary>The most bytes that images in memory may take, of training and test images each.</summary>
    public int ByteLimit { get; init; } = IdxFile.DefaultLimit;

    /// <summary>Hold out every so-manieth image of a folder of images, for evaluation alone. Null: none.</summary>
    public int? HoldOutEvery { get; init; }

    /// <summary>Whether what is not given follows from number and size of the images.</summary>
    public bool FitsImages { get; init; }
}
