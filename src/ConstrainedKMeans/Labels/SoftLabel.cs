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
    // Replaced at every update, never written again: copies of the struct may share it.
    WeightedLabel[]? entries;

    /// <summary>A soft label of these entries, for example read back from storage.</summary>
    public SoftLabel(ReadOnlySpan<WeightedLabel> entries) => this.entries = entries.IsEmpty ? null : entries.ToArray();

    /// <summary>The labels with their weights, in the order in which they came; weights sum to at most 1.</summary>
    public readonly ReadOnlySpan<WeightedLabel> Entries => entries;

    /// <summary>Whether the image had no label in stage two yet.</summary>
    public readonly bool IsEmpty => entries is null;

    /// <summary>
    /// Weighs in the label of one stage-two epoch: all weights times (1 - f), the label's plus f. When all slots are taken and the label is
    /// new, the smallest weight goes first, of equals the larger label.
    /// </summary>
    /// <param name="label">The image's cluster this epoch.</param>
    /// <param name="fraction">f = 1 / (t - T').</param>
    /// <param name="slots">How many labels there is room for.</param>
    public void Update(int label, double fraction, int slots)
    {
        var next = new List<WeightedLabel>(slots);
        foreach (var entry in Entries) next.Add(entry);
        var known = next.Exists(entry => entry.Label == label);
        if (!known && next.Count == slots) next.RemoveAt(Smallest(next));
        if (!known) next.Add(new(label, 0));

        for (var i = 0; i < next.Count; i++)
        {
            var weight = next[i].Weight * (1 - fraction);
            next[i] = next[i] with { Weight = next[i].Label == label ? weight + fraction : weight };
        }

        next.RemoveAll(entry => !(entry.Weight > 0)); // f = 1 forgets everything before
        entries = [.. next];
    }

    /// <summary>B.2.2: the softmax of weight / lambda' over the entries; probabilities that sum to 1. Empty stays empty.</summary>
    /// <param name="sharpening">lambda', above 0.</param>
    public readonly WeightedLabel[] Sharpened(double sharpening)
    {
        var sharpened = Entries.ToArray();
        if (sharpened.Length == 0) return sharpened;
        var largest = sharpened.Max(entry => entry.Weight); // taken off so that a small lambda' cannot overflow
        var Z = 0.0;
        foreach (ref var entry in sharpened.AsSpan())
        {
            entry = entry with { Weight = Math.Exp((entry.Weight - largest) / sharpening) };
            Z += entry.Weight;
        }

        foreach (ref var entry in sharpened.AsSpan()) entry = entry with { Weight = entry.Weight / Z };
        return sharpened;
    }

    static int Smallest(List<WeightedLabel> entries)
    {
        var smallest = 0;
        for (var i = 1; i < entries.Count; i++)
        {
            var (a, b) = (entries[i], entries[smallest]);
            if (a.Weight < b.Weight || (a.Weight == b.Weight && a.Label > b.Label)) smallest = i;
        }

        return smallest;
    }
}
