using System.Runtime.InteropServices;
using CoKe.Errors;

namespace CoKe.Files;

/// <summary>The typed errors of files, which name the file that the user named.</summary>
public static class FileRefusal
{
    // Where errno ends; larger numbers are codes of .NET or Windows.
    const int LargestErrno = 4095;

    /// <summary>Refuses a file.</summary>
    /// <param name="path">The file, as the user named it.</param>
    /// <param name="value">What about it is refused.</param>
    /// <param name="problem">Continues the sentence after the path.</param>
    /// <param name="inner">What the system said.</param>
    public static InvalidFileException Of(string path, string value, string problem, Exception? inner = null) =>
        new(Path.GetFileName(path) is { Length: > 0 } name ? name : path, value, $"{path} {problem}", inner);

    /// <summary>True for what the system throws when a file cannot be opened, read, written or renamed.</summary>
    public static bool IsOfTheSystem(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>Why the system refused, in its own words but without the path, which may be one that the user never named.</summary>
    public static string Reason(Exception e)
    {
        // .NET wraps what the system says about rights once more.
        var said = e is UnauthorizedAccessException && e.InnerException is IOException inner ? inner : e;
        if (!OperatingSystem.IsWindows() && said.HResult is > 0 and <= LargestErrno)
            return Marshal.GetPInvokeErrorMessage(said.HResult);
        return said switch
        {
            UnauthorizedAccessException => "Permission denied",
            PathTooLongException => "File name too long",
            DirectoryNotFoundException => "No such folder",
            FileNotFoundException => "No such file",
            _ => said.Message.TrimEnd('.'),
        };
    }
}
