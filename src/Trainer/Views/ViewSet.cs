using CoKe.ConstrainedKMeans;

namespace CoKe.Trainer.Views;

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

    /// <summary>These views made of other sizes: the first sizes become <paramref name="large"/>, those of views that are smaller become <paramref name="small"/>.</summary>
    /// <param name="large">Rows and columns of the large views; null keeps theirs.</param>
    /// <param name="small">Rows and columns of the small views; null keeps theirs.</param>
    public ViewSet Resized(int? large, int? small)
    {
        var largest = Views.Max(v => v.Size);
        return this with { Views = [.. Views.Select(v => v with { Size = (v.Size == largest ? large : small) ?? v.Size })] };
    }

    /// <summary>Multi-crop: the views of this set over and over up to <paramref name="largeCount"/>, then <paramref name="smallCount"/> times <paramref name="small"/>.</summary>
    public ViewSet MultiCrop(int largeCount, int smallCount, ViewOptions small) =>
        this with { Views = [.. Enumerable.Range(0, largeCount).Select(v => Views[v % Views.Count]), .. Enumerable.Repeat(small, smallCount)] };

    /// <summary>The sizes in the order of their first view, with the indices of the views that have it: the groups of a mini-batch.</summary>
    internal IReadOnlyList<(int Size, int[] Views)> Groups() => [.. Views.Index().GroupBy(v => v.Item.Size, v => v.Index).Select(g => (g.Key, g.ToArray()))];
}
