using System.Globalization;

namespace CoKe.Cli.Features;

/// <summary>What the machine could give a process now without taking it from others.</summary>
static class FreeMemory
{
    const string Table = "/proc/meminfo",
        Line = "MemAvailable:";

    /// <summary>Bytes, those of the file cache that could be dropped among them; all there can be where the system does not tell.</summary>
    public static long Bytes
    {
        get
        {
            try
            {
                var line = File.ReadLines(Table).FirstOrDefault(one => one.StartsWith(Line, StringComparison.Ordinal));
                var kilobytes = line?[Line.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
                return long.TryParse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? 1024 * number
                    : long.MaxValue;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return long.MaxValue;
            }
        }
    }
}
