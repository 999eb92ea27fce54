using CoKe.Errors;
using FilePath = System.IO.Path;

namespace CoKe.Cli.Features;

/// <summary>
/// What features are read from: one file, or a folder of shards whose rows run on from one to the next. Headers are read when it is opened,
/// values later, in order.
/// </summary>
sealed class FeatureInput : IDisposable
{
    readonly NpyMatrix[] _files;
    readonly long[] _firstRows;
    int _next; // the file that is being read

    FeatureInput(string path, bool isFolder, NpyMatrix[] files, IReadOnlyList<string> leftOut)
    {
        (Path, IsFolder, _files, LeftOut) = (path, isFolder, files, leftOut);
        _firstRows = new long[files.Length];
        for (var f = 1; f < files.Length; f++)
            _firstRows[f] = _firstRows[f - 1] + files[f - 1].Rows;
        var rows = _firstRows[^1] + files[^1].Rows;
        if (rows == 0)
            throw NpyFile.Refuse(path, "0 rows", "holds no rows in any of its shards: there is nothing to cluster.");
        if (rows > Array.MaxLength)
        {
            throw NpyFile.Refuse(
                path,
                $"{rows} rows",
                $"has {rows} rows in all, more than the {Array.MaxLength} that can be read; take fewer shards."
            );
        }

        Rows = (int)rows;
    }

    /// <summary>The file or the folder, as it was named, without a slash at its end.</summary>
    public string Path { get; }

    /// <summary>Whether it is a folder of shards.</summary>
    public bool IsFolder { get; }

    /// <summary>The files in order, at least one.</summary>
    public IReadOnlyList<NpyMatrix> Files => _files;

    /// <summary>Names of all else in the folder.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>N, at least 1.</summary>
    public int Rows { get; }

    /// <summary>d, at least 1.</summary>
    public int Columns => _files[0].Columns;

    /// <summary>Bytes of the values in the files.</summary>
    public long Bytes => _files.Sum(file => file.Bytes);

    /// <summary>What of a file is read, where that is not all; else empty.</summary>
    public string Description => IsFolder ? "" : _files[0].Description;

    /// <summary>The first file from which rows cannot be read here and there, but only in order; null: none.</summary>
    public NpyMatrix? InOrderOnly => _files.FirstOrDefault(file => !file.HasRowsInPlace);

    /// <summary>Opens a file, or the shards of a folder.</summary>
    /// <exception cref="InvalidFileException">Absent, no array of rows, or shards that do not go together; names the file.</exception>
    public static FeatureInput Open(string path)
    {
        var named = FilePath.TrimEndingDirectorySeparator(path);
        if (!Directory.Exists(named))
            return new(path, false, [NpyMatrix.Open(path)], []);
        var folder = NpyMatrix.Reading(named, () => ShardFolder.Of(named), folders: true);
        NpyMatrix[] files = [.. folder.Files.Select(file => NpyMatrix.Open(file, mayBeEmpty: true))];
        var first = files[0];
        foreach (var file in files.Skip(1))
            CheckAlike(first, file);
        return new(named, true, files, folder.LeftOut);
    }

    /// <summary>Refuses an output among the shards: it would take the place of one, or be read as one next time.</summary>
    /// <param name="outputs">Option and path each; a path that was not given is null.</param>
    /// <exception cref="InvalidOptionsException">An output is an .npy file in the folder.</exception>
    public void CheckApart(params ReadOnlySpan<(string Option, string? Path)> outputs)
    {
        if (!IsFolder)
            return;
        foreach (var (option, path) in outputs)
        {
            if (path is null || !path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
                continue;
            if (FilePath.GetDirectoryName(FilePath.GetFullPath(path)) != FilePath.GetFullPath(Path))
                continue;
            throw new InvalidOptionsException(
                option,
                path,
                $"--{option} {path} lies in the folder of features, whose .npy files are read as rows: give the result another folder."
            );
        }
    }

    /// <summary>Goes back to the first row.</summary>
    public void Rewind()
    {
        foreach (var file in _files)
            file.Rewind();
        _next = 0;
    }

    /// <summary>Reads the next rows, whole, as float32.</summary>
    /// <exception cref="InvalidFileException">A file cannot be read; names it.</exception>
    public void Read(Span<float> values)
    {
        while (!values.IsEmpty)
        {
            var file = _files[_next];
            var rows = (int)Math.Min(file.RowsLeft, values.Length / Columns);
            file.Read(values[..(rows * Columns)]);
            values = values[(rows * Columns)..];
            if (file.RowsLeft == 0)
                _next = Math.Min(_next + 1, _files.Length - 1);
        }
    }

    /// <summary>The file of a row, and which row of the file it is.</summary>
    public (int File, int Row) Locate(int row)
    {
        var file = Array.BinarySearch(_firstRows, row);
        if (file < 0)
            file = ~file - 1;
        while (file < _files.Length - 1 && _firstRows[file + 1] <= row)
            file++; // shards without rows begin where the next does
        return (file, (int)(row - _firstRows[file]));
    }

    /// <summary>A row in a message.</summary>
    public string NameOf(long row)
    {
        if (!IsFolder)
            return $"Row {row} of {Path}";
        var (file, within) = Locate((int)row);
        return $"Row {row} of {Path} (row {within} of {FilePath.GetFileName(_files[file].Path)})";
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    static void CheckAlike(NpyMatrix first, NpyMatrix file)
    {
        if (file.Columns != first.Columns)
        {
            throw NpyFile.Refuse(
                file.Path,
                $"{file.Columns}",
                $"has rows of {file.Columns} values and {FilePath.GetFileName(first.Path)} "
                    + $"of {first.Columns}: shards are one array; move away what belongs to another."
            );
        }

        if (file.Type != first.Type)
        {
            throw NpyFile.Refuse(
                file.Path,
                file.Type.Name,
                $"holds values of type {file.Type.Name} and {FilePath.GetFileName(first.Path)} "
                    + $"of {first.Type.Name}: shards are one array; write it again with x.astype('{first.Type.Code}')."
            );
        }
    }
}
