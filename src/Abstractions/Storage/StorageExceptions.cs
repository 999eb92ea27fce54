using CoKe.Errors;

namespace CoKe.Abstractions.Storage;

/// <summary>The silo cannot start on this storage: its place, its owner or its contents forbid it. Nothing was changed.</summary>
/// <param name="field">What was refused: an option, a file, a schema version.</param>
/// <param name="value">Its value.</param>
/// <param name="message">One sentence that names the path and the remedy.</param>
/// <param name="inner">What the database or the file system said.</param>
public sealed class StorageRefusedException(string field, string value, string message, Exception? inner = null)
    : CokeException(field, value, message, inner);

/// <summary>A row could not be read or written because the storage is in trouble. The row may have been written all the same.</summary>
/// <param name="place">The database: a path or a host.</param>
/// <param name="message">One sentence that names the place and the remedy.</param>
/// <param name="inner">What the database said.</param>
public sealed class StorageFailedException(string place, string message, Exception? inner = null)
    : CokeException("storage", place, message, inner);
