namespace CoKe.Charts;

/// <summary>The look of every report: one style sheet, light and dark, without anything from outside the page.</summary>
public static class ReportStyle
{
    /// <summary>The style sheet, to stand inside a page.</summary>
    public static string Css { get; } = Read();

    static string Read()
    {
        using var stream = typeof(ReportStyle).Assembly.GetManifestResourceStream("Report.css")!;
        return new StreamReader(stream).ReadToEnd();
    }
}
