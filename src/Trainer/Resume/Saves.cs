using System.Globalization;

namespace CoKe.Trainer.Resume;

/// <summary>
/// The saves of one trainer in a folder, one per epoch. Two are kept: a trainer that is killed between its save and the commit of the boundary goes back to the
/// boundary before, and needs the save of that one.
/// </summary>
sealed class Saves(string folder)
{
    const int Kept = 2;
    const string Prefix = "epoch-", Suffix = ".save";

    /// <summary>The file of an epoch's end.</summary>
    public string PathOf(int epoch) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{epoch}{Suffix}"));

    /// <summary>Stores a save durably, then drops the ones that no boundary can ask for any more.</summary>
    /// <exception cref="ResumeRefusedException">The file system refuses.</exception>
    public void Write(TrainerSave save)
    {
        var path = PathOf(save.Epoch);
        try
        {
            DurableFile.Write(path, SaveFile.Encode(save));
            foreach (var old in Directory.EnumerateFiles(folder, $"{Prefix}*{Suffix}"))
                if (int.TryParse(Path.GetFileName(old)[Prefix.Length..^Suffix.Length], CultureInfo.InvariantCulture, out var epoch) && epoch <= save.Epoch - Kept)
                    File.Delete(old);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResumeRefusedException("save", path, $"The save {path} cannot be written ({e.Message.TrimEnd('.')}): make room or allow it, then go on with --resume.", e);
        }
    }

    /// <summary>The save made at the end of <paramref name="epoch"/>.</summary>
    /// <param name="epoch">The epoch whose boundary is the last one committed.</param>
    /// <param name="runId">The clustering's run.</param>
    /// <exception cref="ResumeRefusedException">It is missing, damaged or another run's. No other save will do: its embeddings would not be those that the clustering counted.</exception>
    public TrainerSave Read(int epoch, string runId)
    {
        var path = PathOf(epoch);
        const string Remedy = "restore the file from a copy, or begin anew with --force";
        try
        {
            var save = SaveFile.Decode(File.ReadAllBytes(path));
            if (save.RunId != runId || save.Epoch != epoch)
                throw new ResumeRefusedException(Path.GetFileName(path), path,
                    $"The save {path} is of epoch {save.Epoch} of run {save.RunId}, not of epoch {epoch} of run {runId}: {Remedy}.");
            return save;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ResumeRefusedException(Path.GetFileName(path), path, $"The clustering stands after epoch {epoch}, whose save {path} is missing: {Remedy}.", e);
        }
        catch (InvalidDataException e)
        {
            throw new ResumeRefusedException(Path.GetFileName(path), path, $"The save {path} {e.Message}: {Remedy}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResumeRefusedException(Path.GetFileName(path), path, $"The save {path} cannot be read ({e.Message.TrimEnd('.')}): allow it, or begin anew with --force.", e);
        }
    }
}
