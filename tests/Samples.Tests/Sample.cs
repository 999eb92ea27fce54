using System.Diagnostics;

namespace CoKe.Samples.Tests;

/// <summary>A program of the folder <c>samples</c>, in a process of its own.</summary>
static class Sample
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs it to its end.</summary>
    /// <param name="name">Its folder.</param>
    /// <param name="arguments">What follows its name on the command line.</param>
    /// <returns>The lines it printed; it printed no error, and ended well.</returns>
    public static async Task<string[]> RunAsync(string name, params string[] arguments)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)); // .../bin/Release/net10.0
        var assembly = Repository.At($"samples/{name}/bin/{own.Parent!.Name}/{own.Name}/CoKe.Samples.{name}.dll");
        using var process = Process.Start(BuiltProgram.Start(assembly, arguments))!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }

        Assert.Equal((0, ""), (process.ExitCode, await error));
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
