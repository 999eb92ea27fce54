using System.Diagnostics;
using Folder = System.IO.Directory;

namespace CoKe.Simulation.Mutations;

/// <summary>A copy of the sources that the simulation is built from, in a folder of its own, to be mutated, built and run.</summary>
sealed class MutatedTree : IDisposable
{
    const string Project = "tests/Simulation";
    const string Output = "bin/Release/net10.0";

    static readonly string[] Folders =
    [
        "src/Errors",
        "src/Access",
        "src/Streams",
        "src/ConstrainedKMeans",
        "src/Abstractions",
        "src/Files",
        "src/Grains",
        "src/Client",
        Project,
    ];
    static readonly string[] Files =
    [
        "Directory.Build.props",
        "Directory.Packages.props",
        "global.json",
        ".editorconfig",
        "src/Directory.Build.props",
        "src/BannedSymbols.txt",
        "tests/Directory.Build.props",
    ];

    // A mutation may leave a world that ends only when its time or its events are used up.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    readonly Dictionary<string, byte[]> _libraries = [];
    readonly Dictionary<string, byte[]> _originals = []; // what a mutation takes back: the sources may be worked on meanwhile
    readonly string _folder = Folder.CreateTempSubdirectory("coke-mutation-").FullName;

    public MutatedTree(string root)
    {
        foreach (var file in Files.Concat(Folders.SelectMany(folder => Sources(root, folder))))
        {
            _originals[file] = File.ReadAllBytes(Path.Combine(root, file));
            Restore(file);
        }
    }

    /// <summary>The folder that holds the solution, above the running program.</summary>
    public static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "CoKe.Orleans.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException(
            $"No folder above {AppContext.BaseDirectory} holds CoKe.Orleans.sln: run the mutation check from a build inside the repository."
        );
    }

    /// <summary>Builds the tree as it is. Once, before any mutation.</summary>
    public void Build()
    {
        Build(Project);
        foreach (var source in Folders.Where(folder => folder != Project))
            _libraries[source] = File.ReadAllBytes(LibraryOf(source));
    }

    /// <summary>Runs seeds until the first that fails, with a mutation or without.</summary>
    /// <returns>What the simulation said of the first failing seed; null when none failed.</returns>
    public Finding? Run(Mutation? mutation, Scenario scenario, int seeds, int threads)
    {
        var projects = mutation?.Edits.Select(edit => string.Join('/', edit.File.Split('/')[..2])).Distinct().ToArray() ?? [];
        try
        {
            mutation?.Apply(_folder);
            foreach (var project in projects)
            {
                // A mutation changes what is inside of methods: what refers to its project need not be built again.
                Build(project, "--no-restore", "-p:BuildProjectReferences=false");
                File.Copy(
                    Path.Combine(_folder, project, Output, Path.GetFileName(LibraryOf(project))),
                    LibraryOf(project),
                    overwrite: true
                );
            }

            var (failed, said) = Dotnet(
                $"{Project}/{Output}/CoKe.Simulation.dll",
                "--first",
                "--scenario",
                scenario.Name,
                "--from",
                $"{mutation?.FirstSeed ?? 0}",
                "--seeds",
                $"{seeds}",
                "--threads",
                $"{threads}"
            );
            return failed == 0 ? null : Finding.Parse(said);
        }
        finally
        {
            foreach (var edit in mutation?.Edits ?? [])
                Restore(edit.File);
            foreach (var project in projects)
                File.WriteAllBytes(LibraryOf(project), _libraries[project]);
        }
    }

    public void Dispose() => Folder.Delete(_folder, recursive: true);

    static IEnumerable<string> Sources(string root, string folder) =>
        Folder
            .EnumerateFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path))
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "TestResults"));

    // Warnings are of no interest here: what a mutation leaves unused was used before.
    void Build(string project, params string[] options)
    {
        var (code, log) = Dotnet([
            "build",
            project,
            "-c",
            "Release",
            "--nologo",
            "-v",
            "q",
            "-clp:NoSummary",
            "-p:TreatWarningsAsErrors=false",
            "-p:RunAnalyzers=false",
            .. options,
        ]);
        if (code != 0)
            throw new InvalidOperationException($"{project} does not build:{Environment.NewLine}{log}");
    }

    /// <summary>A project's library where the simulation loads it from.</summary>
    string LibraryOf(string project) => Path.Combine(_folder, Project, Output, $"CoKe.{Path.GetFileName(project)}.dll");

    void Restore(string file)
    {
        var to = Path.Combine(_folder, file);
        Folder.CreateDirectory(Path.GetDirectoryName(to)!);
        File.WriteAllBytes(to, _originals[file]);
    }

    (int Code, string Output) Dotnet(params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", arguments)
            {
                WorkingDirectory = _folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'dotnet {string.Join(' ', arguments)}' did not end within {Patience.TotalMinutes} minutes.");
        }

        return (process.ExitCode, output.Result + error.Result);
    }
}

/// <summary>The lowest seed that found a mutation, and what it found.</summary>
sealed record Finding(int Seed, string Violation)
{
    const string Mark = "FAILED ",
        BeforeSeed = ", seed ";

    public static Finding Parse(string output)
    {
        var line = output.Split('\n').FirstOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal))
            ?? throw new InvalidOperationException(
                $"The simulation ended neither well nor with a failing seed:{Environment.NewLine}{output}"
            );
        var seed = line.IndexOf(BeforeSeed, StringComparison.Ordinal) + BeforeSeed.Length;
        var colon = line.IndexOf(':', seed);
        // A violation speaks for itself; of anything else its type is told too.
        var what = line[(colon + 1)..].Trim();
        foreach (var type in new[] { typeof(InvalidOperationException), typeof(Runs.ViolationException) })
            what = what.Replace($"{type.FullName}: ", "", StringComparison.Ordinal);
        return new Finding(int.Parse(line.AsSpan(seed, colon - seed)), what);
    }
}
