using CoKe.Errors;
using CoKe.Learning.Images;

namespace CoKe.Learning.Views;

/// <summary>The views that are drawn of every image of a mini-batch.</summary>
/// <param name="Name">The name of the preset.</param>
/// <param name="Views">One entry per view, large ones first; entries may differ, as the two of BYOL do.</param>
public sealed record ViewSet(string Name, IReadOnlyList<ViewOptions> Views)
{
    /// <summary>Refuses what cannot be drawn.</summary>
    /// <exception cref="InvalidOptionsException">Names the option, its value and what would do.</exception>
    public void Validate()
    {
        if (Views.Count == 0)
            throw new InvalidOptionsException(nameof(Views), "0", $"The views {Name} are none; ask for at least one.");
        foreach (var view in Views)
            view.Validate();
    }

    /// <summary>The views of a moment of training.</summary>
    /// <param name="progress">0 in the scan to 1 in the last epoch; the ends hold beyond them.</param>
    public ViewSet At(double progress) => this with { Views = [.. Views.Select(v => v.At(progress))] };

    /// <summary>The views of the largest size; their mean is clustered.</summary>
    internal IReadOnlyList<ViewOptions> Large => [.. Views.Where(v => v.Extent == Largest)];

    /// <summary>The views that are smaller; they only learn.</summary>
    internal IReadOnlyList<ViewOptions> Small => [.. Views.Where(v => v.Extent != Largest)];

    ImageSize Largest => Views.MaxBy(v => v.Extent.Plane)!.Extent;

    /// <summary>These views made of other sizes: the largest become <paramref name="large"/>, those of views that are smaller become
    /// <paramref name="small"/>.</summary>
    /// <param name="large">Of the large views; null keeps theirs.</param>
    /// <param name="small">Of the small views; null keeps theirs.</param>
    public ViewSet Resized(ImageSize? large, ImageSize? small)
    {
        static ViewOptions Of(ViewOptions view, ImageSize? size) =>
            size is { } s ? view with { Size = s.Height, Width = s.Width == s.Height ? null : s.Width } : view;
        return this with { Views = [.. Views.Select(v => Of(v, v.Extent == Largest ? large : small))] };
    }

    /// <summary>The same for views that are squares.</summary>
    public ViewSet Resized(int? large, int? small)
    {
        static ImageSize? Square(int? side) => side is { } s ? new ImageSize(s, s) : null;
        return Resized(Square(large), Square(small));
    }

    /// <summary>Multi-crop: the views of this set over and over up to <paramref name="largeCount"/>, then <paramref name="smallCount"/>
    /// times <paramref name="small"/>.</summary>
    public ViewSet MultiCrop(int largeCount, int smallCount, ViewOptions small) => Of(largeCount, smallCount, Views, [small]);

    /// <summary>As many large and small views as given: those of this set over and over.</summary>
    internal ViewSet Counted(int largeCount, int smallCount) => Of(largeCount, smallCount, Large, Small);

    ViewSet Of(int largeCount, int smallCount, IReadOnlyList<ViewOptions> large, IReadOnlyList<ViewOptions> small) =>
        this with
        {
            Views =
            [
                .. Enumerable.Range(0, largeCount).Select(v => large[v % large.Count]),
                .. Enumerable.Range(0, smallCount).Select(v => small[v % small.Count]),
            ],
        };

    /// <summary>The sizes in the order of their first view, with the indices of the views that have it: the groups of a
    /// mini-batch.</summary>
    internal IReadOnlyList<(ImageSize Size, int[] Views)> Groups() =>
        [.. Views.Index().GroupBy(v => v.Item.Extent, v => v.Index).Select(g => (g.Key, g.ToArray()))];
}
