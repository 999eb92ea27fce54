namespace CoKe.Learning.Images;

/// <summary>A line of what a folder holds and what became of it, so that nothing is taken in or left out without a word.</summary>
/// <param name="What">What became of it: "training images", "left out: other files" and so on.</param>
/// <param name="Count">How many.</param>
/// <param name="Which">Some of them, by name, and the remedy where there is one.</param>
public sealed record FoundItems(string What, long Count, string Which)
{
    const int Shown = 5,
        LongestName = 60,
        NameEnd = 20;

    /// <summary>Some names, joined, and whether there are more.</summary>
    public static string Some(IReadOnlyList<string> names) =>
        $"{string.Join(", ", names.Take(Shown).Select(Short))}{(names.Count > Shown ? $", and {names.Count - Shown:N0} more" : "")}";

    /// <summary>A line for some names; none where there are none.</summary>
    public static IEnumerable<FoundItems> Of(string what, IReadOnlyList<string> names) =>
        names.Count == 0 ? [] : [new(what, names.Count, Some(names))];

    // The end of a path tells one from its siblings, and the beginning where it lies.
    static string Short(string name) => name.Length <= LongestName ? name : $"{name[..(LongestName - NameEnd - 1)]}…{name[^NameEnd..]}";
}
