using System.Text.Json;
using CoKe.Abstractions.Storage;
using CoKe.Errors;
using CoKe.Files;
using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Runs;

/// <summary>
/// The folder of one run: report.html and summary.json for people, and under state/ what a run goes on from: run.json, the clustering's
/// database, the trainer's saves. One process at a time works in it.
/// </summary>
sealed class RunFolder : IDisposable
{
    /// <summary>The name of the clustering's database.</summary>
    public const string DatabaseName = CokeStorage.DefaultFileName;

    const string LockName = "run.lock";

    // What a FileStream says when the file opens but its lock is another's: Linux, macOS, Windows.
    const int EWouldBlock = 11,
        EWouldBlockBsd = 35,
        SharingViolation = unchecked((int)0x80070020);

    readonly string _path;
    readonly FileStream? _hold;

    RunFolder(string path, FileStream? hold) => (_path, _hold) = (path, hold);

    /// <summary>The report of the folder of a run.</summary>
    public static string ReportOf(string path) => Path.Combine(path, "report.html");

    /// <summary>The numbers of the folder of a run.</summary>
    public static string SummaryOf(string path) => Path.Combine(path, "summary.json");

    /// <summary>The recipe of the folder of a run, as train takes it.</summary>
    public static string RecipeOf(string path) => Path.Combine(path, RecipeWriter.FileName);

    /// <summary>The clusters of every image, where the recipe asks for them.</summary>
    public static string LabelsOf(string path) => Path.Combine(path, "labels.csv");

    /// <summary>What TensorBoard reads of the folder of a run.</summary>
    public static string EventsOf(string path) => Path.Combine(path, "events.out.tfevents.coke");

    /// <summary>Where state is kept in the folder of a run.</summary>
    public static string StateOf(string path) => Path.Combine(path, "state");

    /// <summary>The clustering's database: with the state, or where the run was told to keep it.</summary>
    public static string DatabaseOf(string path, string? elsewhere) => elsewhere ?? Path.Combine(StateOf(path), DatabaseName);

    /// <summary>The saves of the first trainer, which has the folder; others save beside them.</summary>
    public Saves Saves => new(StateOf(_path));

    /// <summary>The run in a folder that somebody wants to look into.</summary>
    /// <exception cref="InvalidOptionsException">There is none.</exception>
    public static RunRecord RunIn(string path) =>
        Find(path)
        ?? throw new InvalidOptionsException("OUT", path, $"{path} holds no run: give the folder that a run was begun with by --out.");

    /// <summary>The run in a folder; null if there is none.</summary>
    /// <exception cref="ResumeRefusedException">run.json cannot be read.</exception>
    public static RunRecord? Find(string path)
    {
        var file = RecordOf(path);
        try
        {
            return File.Exists(file) ? RunRecord.FromJson(File.ReadAllBytes(file)) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ResumeRefusedException(
                "run.json",
                file,
                $"{file} cannot be read ({e.Message.TrimEnd('.')}): restore it from a copy, or begin anew with --force.",
                e
            );
        }
    }

    /// <summary>The run in a folder that is begun anew by force; null if there is none, or nobody can say which.</summary>
    public static RunRecord? Replaced(string path)
    {
        try
        {
            return Find(path);
        }
        catch (ResumeRefusedException)
        {
            return null;
        }
    }

    /// <summary>Whether a run was begun in the folder and can be gone on with.</summary>
    public static bool IsUnfinished(string path) => Find(path) is { } run && !IsComplete(path, run);

    /// <summary>Whether nothing is left to do.</summary>
    public static bool IsComplete(string path, RunRecord run) =>
        run.Finished && File.Exists(ReportOf(path)) && File.Exists(SummaryOf(path));

    // Results are for whoever may see the folder; the state has the token of a running silo.
    static void MakeState(string path)
    {
        Directory.CreateDirectory(path);
        PrivateFiles.MakeFolder(StateOf(path));
    }

    /// <summary>Takes the folder for this process, until it ends or the object is disposed.</summary>
    /// <exception cref="ResumeRefusedException">Another process has it, or it cannot be written.</exception>
    public static RunFolder Take(string path)
    {
        try
        {
            MakeState(path);
            return new RunFolder(
                path,
                new FileStream(Path.Combine(StateOf(path), LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
            );
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw Held(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResumeRefusedException(
                "out",
                path,
                $"The folder {path} cannot be written ({e.Message.TrimEnd('.')}): allow it, or give another one with --out.",
                e
            );
        }
    }

    /// <summary>Keeps others from taking the folder while it is read. It may be an archive that nobody may write.</summary>
    /// <exception cref="ResumeRefusedException">Another process has it.</exception>
    public static RunFolder Look(string path)
    {
        var file = Path.Combine(StateOf(path), LockName);
        try
        {
            return new RunFolder(path, File.Exists(file) ? new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read) : null);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw Held(path, e);
        }
    }

    /// <summary>Refuses to replace another run.</summary>
    /// <exception cref="ResumeRefusedException">One is there.</exception>
    public void RefuseOther()
    {
        if (Find(_path) is { } run)
            throw new ResumeRefusedException(
                "out",
                _path,
                run.Finished
                    ? $"{_path} holds a finished run: give another folder by --out, or replace it by --force."
                    : $"{_path} holds an unfinished run: go on with it by --resume {_path}, or discard it by --force."
            );
    }

    /// <summary>Begins a run, in the place of any that is there.</summary>
    /// <param name="run">What it is begun with.</param>
    public void Begin(RunRecord run)
    {
        // run.json goes first: what is left without it is no run.
        File.Delete(RecordOf(_path));
        foreach (var file in Directory.EnumerateFiles(StateOf(_path)).Where(file => IsState(Path.GetFileName(file))))
            File.Delete(file);
        File.Delete(ReportOf(_path));
        File.Delete(SummaryOf(_path));
        File.Delete(EventsOf(_path));
        File.Delete(RecipeOf(_path));
        File.Delete(LabelsOf(_path));
        Write(run);
    }

    /// <summary>Notes how far the run is.</summary>
    /// <exception cref="ResumeRefusedException">The file system refuses.</exception>
    public void Write(RunRecord run)
    {
        try
        {
            DurableFile.Write(RecordOf(_path), run.ToJson());
        }
        catch (Exception e) when (FileRefusal.IsOfTheSystem(e))
        {
            throw new ResumeRefusedException(
                "run.json",
                RecordOf(_path),
                $"{RecordOf(_path)} cannot be written: {FileRefusal.Reason(e)}; make room or allow it, then go on with --resume {_path}.",
                e
            );
        }
    }

    public void Dispose() => _hold?.Dispose();

    static bool IsHeld(IOException error) => error.HResult is EWouldBlock or EWouldBlockBsd or SharingViolation;

    static ResumeRefusedException Held(string path, IOException error) =>
        new("out", path, $"Another process works on the run in {path}: wait for it or end it, or give another folder with --out.", error);

    static string RecordOf(string path) => Path.Combine(StateOf(path), "run.json");

    // Locks stay: who deletes one that another process holds lets a third have it too.
    static bool IsState(string name) => !name.EndsWith(".lock", StringComparison.Ordinal);
}
