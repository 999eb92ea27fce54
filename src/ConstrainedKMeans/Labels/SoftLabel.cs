namespace CoKe.ConstrainedKMeans;

/// <summary>One label of a soft label and its weight, or its probability after sharpening.</summary>
/// <param name="Label">The cluster.</param>
/// <param name="Weight">Above 0.</param>
public readonly record struct WeightedLabel(int Label, double Weight);

/// <summary>
/// The sparse soft label of one image and head in stage two: how often each of a few clusters was its label (section 3.4). The default
/// value is empty. Copies are independent.
/// </summary>
public struct SoftLabel
{
    /// <summary>How far rounding takes the sum of the weights from 1 at most; a larger distance is a label that an earlier version
    /// stored.</summary>
    const double Rounding = 1e-9;

    // Replaced at every update, never written again: copies of the struct may share it.
    WeightedLabel[]? _entries;

    /// <summary>A soft label of these entries, for example read back from storage.</summary>
    public SoftLabel(ReadOnlySpan<WeightedLabel> entries) => _entries = entries.IsEmpty ? null : entries.ToArray();

    /// <summary>The labels with their weights, in the order in which they came; their weights sum to 1.</summary>
    public readonly ReadOnlySpan<WeightedLabel> Entries => _entries;

    /// <summary>Whether the image had no label in stage two yet.</summary>
    public readonly bool IsEmpty => _entries is null;

    /// <summary>
    /// Weighs in the label of one stage-two epoch: the label gets f, and what was there 1 - f, in its old proportions. When all slots are
    /// taken and the label is new, the smallest weight goes first, of equals the larger label, and the rest is scaled up again, as in the
    /// published code. A label with nothing beside it gets 1: weights always sum to 1.
    /// </summary>
    /// <param name="label">The image's cluster this epoch.</param>
    /// <param name="fraction">f = 1 / (t - T').</param>
    /// <param name="slots">How many labels there is room for.</param>
    public void Update(int label, double fraction, int slots)
    {
        var next = new List<WeightedLabel>(slots + 1);
        foreach (var entry in Entries)
            next.Add(entry);
        var whole = Whole(next);
        var gone = 0.0;
        if (next.Count == slots && !next.Exists(entry => entry.Label == label))
        {
            var smallest = Smallest(next);
            gone = next[smallest].Weight;
            next.RemoveAt(smallest);
        }

        var scale = next.Count == 0 ? 0 : (1 - fraction) / (whole - gone);
        for (var i = 0; i < next.Count; i++)
            next[i] = next[i] with { Weight = next[i].Weight * scale };
        next.RemoveAll(entry => !(entry.Weight > 0)); // f = 1 forgets everything before
        var known = next.FindIndex(entry => entry.Label == label);
        if (known >= 0)
            next[known] = new(label, next[known].Weight + fraction);
        else
            next.Add(new(label, next.Count == 0 ? 1 : fraction));
        _entries = [.. next];
    }

    /// <summary>B.2.2: the softmax of weight / lambda' over the entries; probabilities that sum to 1. Empty stays empty.</summary>
    /// <param name="sharpening">lambda', above 0.</param>
    public readonly WeightedLabel[] Sharpened(double sharpening)
    {
        var sharpened = Entries.ToArray();
        if (sharpened.Length == 0)
            return sharpened;
        var largest = sharpened.Max(entry => entry.Weight); // taken off so that a small lambda' cannot overflow
        var Z = 0.0;
        foreach (ref var entry in sharpened.AsSpan())
        {
            entry = entry with { Weight = Math.Exp((entry.Weight - largest) / sharpening) };
            Z += entry.Weight;
        }

        foreach (ref var entry in sharpened.AsSpan())
            entry = entry with { Weight = entry.Weight / Z };
        return sharpened;
    }

    // 1, and not what it rounds to, so that equal weights stay equal; an earlier version stored labels that sum to less.
    static double Whole(List<WeightedLabel> entries)
    {
        var sum = 0.0;
        foreach (var entry in entries)
            sum += entry.Weight;
        return Math.Abs(sum - 1) <= Rounding ? 1 : sum;
    }

    static int Smallest(List<WeightedLabel> entries)
    {
        var smallest = 0;
        for (var i = 1; i < entries.Count; i++)
        {
            var (a, b) = (entries[i], entries[smallest]);
            if (a.Weight < b.Weight || (a.Weight == b.Weight && a.Label > b.Label))
                smallest = i;
        }

        return smallest;
    }
}
