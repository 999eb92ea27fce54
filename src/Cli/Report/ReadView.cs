using CoKe.Cli.Features;
using CoKe.Cli.Output;
using Name = System.IO.Path;

namespace CoKe.Cli.Report;

/// <summary>What features were read from, as <c>--json</c> shows it.</summary>
/// <param name="Path">The file or the folder.</param>
/// <param name="Files">Names of the files whose rows run on, in order.</param>
/// <param name="Rows">N.</param>
/// <param name="Columns">d.</param>
/// <param name="Type">Of the numbers, as NumPy calls it.</param>
/// <param name="Bytes">Of the numbers.</param>
/// <param name="InMemory">Whether the rows were held in memory; else they stayed in their files, and every pass read them.</param>
/// <param name="WithoutRows">Names of shards that hold no rows.</param>
/// <param name="LeftOut">Names of all else in the folder.</param>
sealed record ReadView(
    string Path,
    IReadOnlyList<string> Files,
    long Rows,
    int Columns,
    string Type,
    long Bytes,
    bool InMemory,
    IReadOnlyList<string> WithoutRows,
    IReadOnlyList<string> LeftOut
)
{
    /// <summary>The view of what was read.</summary>
    public static ReadView Of(FeatureInput input, bool inMemory) =>
        new(
            input.Path,
            Names(input.Files),
            input.Rows,
            input.Columns,
            input.Files[0].Type.Name,
            input.Bytes,
            inMemory,
            Names(input.Files.Where(file => file.Rows == 0)),
            input.LeftOut
        );

    /// <summary>It in words.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Sentence
    {
        get
        {
            var files =
                Files.Count == 1
                    ? (LeftOut.Count > 0 || Name.GetFileName(Path) != Files[0] ? $"{Files[0]} of {Path}" : Path)
                    : $"{Tables.Number(Files.Count)} shards of {Path}, {Files[0]} to {Files[^1]}";
            return $"Read: {files}; {Tables.Number(Bytes)} bytes of {Type}, "
                + (InMemory ? "held in memory as float32." : "left in place and read in batches by every pass.")
                + (WithoutRows.Count == 0 ? "" : $" Without rows: {ShardFolder.List(WithoutRows)}.")
                + (LeftOut.Count == 0 ? "" : $" Left out: {ShardFolder.List(LeftOut)}.");
        }
    }

    static string[] Names(IEnumerable<NpyMatrix> files) => [.. files.Select(file => Name.GetFileName(file.Path))];
}
