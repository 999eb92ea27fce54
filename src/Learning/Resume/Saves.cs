using System.Globalization;

namespace CoKe.Learning.Resume;

/// <summary>
/// The saves of one trainer in a folder, one per epoch. Two are kept: a trainer that is killed between its save and the commit of the
/// boundary goes back to the boundary before, and needs the save of that one.
/// </summary>
/// <param name="folder">Where they are.</param>
/// <param name="rank">The trainer: of several that share a model, each saves for itself.</param>
public sealed class Saves(string folder, int rank = 0)
{
    const int Kept = 2;
    const string Remedy = "restore the file from a copy, or begin anew with --force";
    const string Suffix = ".save";
    readonly string _prefix = rank == 0 ? "epoch-" : string.Create(CultureInfo.InvariantCulture, $"trainer-{rank}-epoch-");

    /// <summary>The file of an epoch's end.</summary>
    public string PathOf(int epoch) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{_prefix}{epoch}{Suffix}"));

    /// <summary>Stores a save durably, then drops the ones that no boundary can ask for any more.</summary>
    /// <exception cref="ResumeRefusedException">The file system refuses.</exception>
    public void Write(TrainerSave save)
    {
        var path = PathOf(save.Epoch);
        try
        {
            DurableFile.Write(path, SaveFile.Encode(save).Span);
            foreach (var old in Directory.EnumerateFiles(folder, $"{_prefix}*{Suffix}"))
                if (
                    int.TryParse(Path.GetFileName(old)[_prefix.Length..^Suffix.Length], CultureInfo.InvariantCulture, out var epoch)
                    && epoch <= save.Epoch - Kept
                )
                    File.Delete(old);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResumeRefusedException(
                "save",
                path,
                $"The save {path} cannot be written ({e.Message.TrimEnd('.')}): make room or allow it, then go on with --resume.",
                e
            );
        }
    }

    /// <summary>Compares what a save knows of the labels with what the clustering says: both must be of one past.</summary>
    /// <param name="save">A save with the labels of the epoch before it.</param>
    /// <param name="labels">The clustering's labels of the save's epoch, in the same head.</param>
    /// <param name="changed">How many labels that epoch changed, by the clustering's report; null in the scan.</param>
    /// <exception cref="ResumeRefusedException">They differ.</exception>
    public void CheckLabels(TrainerSave save, int[] labels, long? changed)
    {
        if (save.Epoch > 0 && save.LabelsBefore.Zip(labels).LongCount(pair => pair.First >= 0 && pair.First != pair.Second) != changed)
            throw new ResumeRefusedException(
                Path.GetFileName(PathOf(save.Epoch)),
                PathOf(save.Epoch),
                $"The save {PathOf(save.Epoch)} learned from other labels than the clustering gave out in epoch {save.Epoch - 1}: {Remedy}."
            );
    }

    /// <summary>The save made at the end of <paramref name="epoch"/>.</summary>
    /// <param name="epoch">The epoch whose boundary is the last one committed.</param>
    /// <param name="runId">The clustering's run.</param>
    /// <exception cref="ResumeRefusedException">It is missing, damaged or another run's. No other save will do: its embeddings would not be
    /// those that the clustering counted.</exception>
    public TrainerSave Read(int epoch, string runId)
    {
        var path = PathOf(epoch);
        try
        {
            var save = SaveFile.Decode(File.ReadAllBytes(path));
            if (save.RunId != runId || save.Epoch != epoch)
                throw new ResumeRefusedException(
                    Path.GetFileName(path),
                    path,
                    $"The save {path} is of epoch {save.Epoch} of run {save.RunId}, not of epoch {epoch} of run {runId}: {Remedy}."
                );
            return save;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ResumeRefusedException(
                Path.GetFileName(path),
                path,
                $"The clustering stands after epoch {epoch}, whose save {path} is missing: {Remedy}.",
                e
            );
        }
        catch (InvalidDataException e)
        {
            throw new ResumeRefusedException(Path.GetFileName(path), path, $"The save {path} {e.Message}: {Remedy}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResumeRefusedException(
                Path.GetFileName(path),
                path,
                $"The save {path} cannot be read ({e.Message.TrimEnd('.')}): allow it, or begin anew with --force.",
                e
            );
        }
    }
}
