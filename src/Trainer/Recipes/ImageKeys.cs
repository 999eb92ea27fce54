using CoKe.Learning.Data;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Views;
using static CoKe.Trainer.Recipes.ValueKind;

namespace CoKe.Trainer.Recipes;

/// <summary>Which images are read, and how views are drawn of them.</summary>
static class ImageKeys
{
    const int MostViews = 64,
        MostPixels = 1024;

    static readonly RecipeSection<DataOptions> Data = new("data", r => r.Data, (r, s) => r with { Data = s });
    static readonly RecipeSection<ViewsSection> Views = new("views", r => r.Views, (r, s) => r with { Views = s });

    /// <summary>In the order in which they are written.</summary>
    public static IReadOnlyList<RecipeKey> All { get; } =
    [
        Data.Key(
            "format",
            nameof(DataOptions.Format),
            Choice(
                ("any", DataFormat.Any),
                ("idx", DataFormat.Idx),
                ("cifar-10", DataFormat.Cifar10),
                ("cifar-100", DataFormat.Cifar100),
                ("folders", DataFormat.Folders)
            ),
            s => s.Format,
            (s, v) => s with { Format = v }
        ),
        RecipeKey.Of("data.folder", nameof(RecipeFile.Folder), Text, (RecipeFile r) => r.Folder!, (r, v) => r with { Folder = v }),
        new(
            "data.images",
            nameof(RecipeFile.Images),
            Whole(2).Takes,
            (r, node) => Whole(2).Read(node, out var v) ? r with { Images = v } : null,
            r => r.Images
        ),
        Data.Optional(
            "shorter-side",
            nameof(DataOptions.ShorterSide),
            Whole(1, 16_384),
            s => s.ShorterSide,
            (s, v) => s with { ShorterSide = v }
        ),
        Data.Key(
            "unreadable-limit",
            nameof(DataOptions.UnreadableLimit),
            Share,
            s => s.UnreadableLimit,
            (s, v) => s with { UnreadableLimit = v },
            mayChange: true
        ),
        Data.Key(
            "pixel-limit",
            nameof(DataOptions.PixelLimit),
            Whole(1, ImageFolderOptions.MostPixels),
            s => s.PixelLimit,
            (s, v) => s with { PixelLimit = v }
        ),
        Data.Key(
            "byte-limit",
            nameof(DataOptions.ByteLimit),
            Whole(1, Array.MaxLength),
            s => s.ByteLimit,
            (s, v) => s with { ByteLimit = v },
            mayChange: true
        ),
        Data.Optional(
            "hold-out-every",
            nameof(DataOptions.HoldOutEvery),
            Whole(2),
            s => s.HoldOutEvery,
            (s, v) => s with { HoldOutEvery = v }
        ),
        Data.Key("fit", nameof(DataOptions.FitsImages), Flag, s => s.FitsImages, (s, v) => s with { FitsImages = v }),
        Views.Key(
            "preset",
            nameof(ViewsSection.ViewPreset),
            Choice([.. ViewPresets.Names.Select(name => (name, name))]),
            s => s.ViewPreset!,
            (s, v) => s with { ViewPreset = v }
        ),
        Views.Optional(
            "large",
            nameof(ViewsSection.LargeViews),
            Whole(1, MostViews),
            s => s.LargeViews,
            (s, v) => s with { LargeViews = v }
        ),
        Views.Optional(
            "small",
            nameof(ViewsSection.SmallViews),
            Whole(0, MostViews),
            s => s.SmallViews,
            (s, v) => s with { SmallViews = v }
        ),
        Views.Optional(
            "large-size",
            nameof(ViewsSection.LargeViewSize),
            Whole(1, MostPixels),
            s => s.LargeViewSize,
            (s, v) => s with { LargeViewSize = v }
        ),
        Views.Optional(
            "small-size",
            nameof(ViewsSection.SmallViewSize),
            Whole(1, MostPixels),
            s => s.SmallViewSize,
            (s, v) => s with { SmallViewSize = v }
        ),
        Views.Optional(
            "smallest-area",
            nameof(ViewsSection.SmallestArea),
            ShareAboveZero,
            s => s.SmallestArea,
            (s, v) => s with { SmallestArea = v }
        ),
        Views.Optional(
            "last-smallest-area",
            nameof(ViewsSection.LastSmallestArea),
            ShareAboveZero,
            s => s.LastSmallestArea,
            (s, v) => s with { LastSmallestArea = v }
        ),
        Views.Optional("blur", nameof(ViewsSection.Blur), Share, s => s.Blur, (s, v) => s with { Blur = v }),
        Views.Optional(
            "rotation",
            nameof(ViewsSection.Rotation),
            Number("degrees from 0 to 180", v => v is >= 0 and <= 180),
            s => s.Rotation,
            (s, v) => s with { Rotation = v }
        ),
        Views.Optional("flip", nameof(ViewsSection.Flip), Flag, s => s.Flip, (s, v) => s with { Flip = v }),
    ];
}
