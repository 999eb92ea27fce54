using System.Text;
using CoKe.Errors;
using CoKe.Files;
using CoKe.Trainer.Report;

namespace CoKe.Trainer.Runs;

/// <summary>
/// The results of a run in its folder, each whole or as it was, durable, and lost in no case. Their places are tried before the work and
/// opened again after it: a run takes days and may be killed, and nothing half-written shall lie about meanwhile.
/// </summary>
static class RunOutputs
{
    /// <summary>Refuses places that cannot be written, before anything in the folder is replaced.</summary>
    /// <param name="folder">The folder of the run; it exists.</param>
    /// <param name="writesLabels">Whether there will be labels.csv.</param>
    /// <exception cref="InvalidFileException">Names the one that cannot, and says why.</exception>
    public static void Check(string folder, bool writesLabels)
    {
        // What is opened here and not written leaves what is there as it is, events of a run that goes on among it.
        using var files = new OutputFiles(
            ("report", RunFolder.ReportOf(folder), 0),
            ("summary", RunFolder.SummaryOf(folder), 0),
            ("recipe", RunFolder.RecipeOf(folder), 0),
            ("events", RunFolder.EventsOf(folder), 0),
            ("labels", writesLabels ? RunFolder.LabelsOf(folder) : null, 0)
        );
    }

    /// <summary>Writes the recipe, before the run begins.</summary>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="recipe">recipe.yaml.</param>
    /// <exception cref="InvalidFileException">It cannot be written.</exception>
    public static void WriteRecipe(string folder, string recipe)
    {
        using var file = new OutputFile(RunFolder.RecipeOf(folder));
        file.Write(Text(recipe));
    }

    /// <summary>Writes what a run ends with; one that fails takes no other with it.</summary>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="page">report.html.</param>
    /// <param name="summary">summary.json.</param>
    /// <param name="labels">labels.csv; null: there is none.</param>
    /// <exception cref="InvalidFileException">Says which could not be written, why, where they lie instead, and how they are made
    /// again.</exception>
    public static void Write(string folder, string page, string summary, LabelsFile? labels)
    {
        List<InvalidFileException> failures = [];
        Try(RunFolder.ReportOf(folder), Text(page));
        Try(RunFolder.SummaryOf(folder), Text(summary));
        if (labels is not null)
            Try(RunFolder.LabelsOf(folder), labels.Write);
        if (failures.Count > 0)
            throw new InvalidFileException(
                failures[0].Field,
                failures[0].Value,
                $"{string.Join(" ", failures.Select(failure => failure.Message))} "
                    + $"Or free its place, and --resume {folder} makes it again without training.",
                failures[0]
            );

        void Try(string path, Action<Stream> content)
        {
            try
            {
                OutputFile.WriteLate(path, content);
            }
            catch (InvalidFileException e)
            {
                failures.Add(e);
            }
        }
    }

    static Action<Stream> Text(string text) => stream => stream.Write(Encoding.UTF8.GetBytes(text));
}
