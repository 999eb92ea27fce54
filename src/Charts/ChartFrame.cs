namespace CoKe.Charts;

/// <summary>How large a chart is drawn. The page fits a drawing to its column, letters with it, so that those that stand in columns of one
/// width must be of one width too, or their letters differ.</summary>
/// <param name="Width">Units of the drawing, of which a letter takes about 12.</param>
/// <param name="Height">As <paramref name="Width"/>.</param>
public readonly record struct ChartFrame(double Width, double Height)
{
    internal const double WideWidth = 520,
        WideHeight = 230;

    /// <summary>For columns of a page with two of them, as line charts are.</summary>
    public static ChartFrame Wide => new(WideWidth, WideHeight);

    /// <summary>For columns of a page with three of them.</summary>
    public static ChartFrame Narrow => new(340, 150);
}
