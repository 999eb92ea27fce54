namespace CoKe.Cli.Clustering;

/// <summary>Where rows are while they are clustered; the result is the same.</summary>
enum RowsChoice
{
    /// <summary>In memory where they fit, else in their files.</summary>
    Auto,

    /// <summary>In memory, as float32.</summary>
    Memory,

    /// <summary>In their files, from which every pass reads them.</summary>
    Files,
}
