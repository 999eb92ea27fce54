using System.Diagnostics;

namespace CoKe.Trainer.Tests.Peers;

/// <summary>A test against torchvision itself; reported as skipped where Debian's python3-torchvision is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerTheoryAttribute : TheoryAttribute
{
    public PeerTheoryAttribute()
    {
        if (!Python.HasTorch.Value)
            Skip = "python3-torch and python3-torchvision are not installed (apt-get install python3-torch python3-torchvision).";
    }
}

/// <summary>Debian's Python, which has PyTorch where it is installed.</summary>
static class Python
{
    const string Program = "/usr/bin/python3";

    public static readonly Lazy<bool> HasTorch = new(() => File.Exists(Program) && Start("-c", "import torch, torchvision").ExitCode == 0);

    /// <summary>Runs a script of this folder.</summary>
    /// <returns>What it printed.</returns>
    public static string Run(string script, params string[] arguments)
    {
        var (code, output, errors) = Start([Path.Combine(AppContext.BaseDirectory, "Peers", script), .. arguments]);
        Assert.True(code == 0, errors);
        return output;
    }

    static (int ExitCode, string Output, string Errors) Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
