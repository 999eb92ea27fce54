using System.Diagnostics;

namespace CoKe.Testing;

/// <summary>Programs of this repository in processes of their own, built as what starts them was.</summary>
static class BuiltProgram
{
    /// <summary>The assembly of a project under <c>src</c>, in its own folder, as people start it.</summary>
    public static string Of(string project, string file)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)); // .../bin/Release/net10.0
        return Path.Combine(Repository.At("src"), project, "bin", own.Parent!.Name, own.Name, file);
    }

    /// <summary>How an assembly is started; what it writes is read by whoever starts it.</summary>
    public static ProcessStartInfo Start(string assembly, IEnumerable<string> arguments) =>
        new(
            Environment.ProcessPath is { } host && host.EndsWith("dotnet", StringComparison.Ordinal) ? host : "dotnet",
            ["exec", assembly, .. arguments]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

    /// <summary>The same with a limit of open files, which the process cannot raise; it stays one process.</summary>
    public static ProcessStartInfo WithFiles(ProcessStartInfo start, int files) =>
        new("/bin/sh", ["-c", $"ulimit -n {files} && exec \"$@\"", "sh", start.FileName, .. start.ArgumentList])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
}
