namespace CoKe.Abstractions;

/// <summary>How long calls may take that Orleans would otherwise give up after 30 s.</summary>
public static class Patience
{
    /// <summary>Of the calls that start a run: it activates every cluster, some 10,000 a second.</summary>
    public const string Start = "00:10:00";
}
