namespace CoKe.Storage;

/// <summary>The end of a sentence about a trouble that a run outlives.</summary>
static class GoesOn
{
    /// <summary>What the run does once the trouble is over.</summary>
    public const string ByItself = "the run goes on by itself";

    /// <summary>The sentence without that end: at the start of a silo there is no run yet, and the silo ends.</summary>
    public static string Without(string trouble) =>
        trouble.IndexOf($"; {ByItself}", StringComparison.Ordinal) is >= 0 and var at ? $"{trouble[..at]}." : trouble;
}
