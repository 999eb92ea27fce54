using System.CommandLine;

namespace CoKe.Cli.CommandLine;

/// <summary>What people type most: the help begins with it, and a test parses every line.</summary>
static class Examples
{
    static readonly Dictionary<string, string[]> _lines = new()
    {
        ["coke"] =
        [
            "coke cluster features.npy --heads 100 --out labels.npy",
            "coke runs",
            "coke watch birds",
            "coke stats birds",
            "coke clusters birds --sort dual --top 20",
        ],
        ["runs"] = ["coke runs", "coke runs --gateway gpu1:30000 --token-file feed"],
        ["restore"] = ["coke runs restore birds"],
        ["delete"] = ["coke runs delete birds --yes"],
        ["stats"] = ["coke stats birds", "coke stats birds --fail-on-alarm"],
        ["clusters"] = ["coke clusters birds --sort dual --top 20", "coke clusters birds --head 1 --json"],
        ["cluster-info"] = ["coke cluster-info birds 0 17"],
        ["watch"] = ["coke watch birds", "coke watch birds --json --epochs 10"],
        ["cluster"] =
        [
            "coke cluster features.npy --heads 100 --out labels.npy",
            "coke cluster features.npy --heads 100 --min-size-ratio 0.9 --out labels.npy --report report.html",
        ],
        ["export"] = ["coke export birds --labels labels.npy --centers centers.npy"],
        ["assign"] = ["coke assign birds more-features.npy --out labels.npy"],
        ["conformance"] = ["coke conformance golden/small.json"],
    };

    /// <summary>The examples of a command.</summary>
    public static IReadOnlyList<string> Of(Command command) => _lines[command is RootCommand ? "coke" : command.Name];
}
